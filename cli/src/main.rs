//! `rekor`: the server and its command line.

mod args;
mod commands;
mod complete;
mod config;
mod connect;
mod ui;

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    complete::answer_shell();
    let cli = args::Cli::parse();
    let output = cli.global.output();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return ui::fail(
                &ui::Problem::other(format!("the async runtime did not start: {error}")),
                output,
            );
        }
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => ui::fail(&problem, output),
    }
}
