//! The README's way to the first answer over one's own file, word for word, and the errors a newcomer meets on it.

#![expect(clippy::unwrap_used, reason = "a test may")]

use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

/// The commands of the block that starts with `rekor serve --dev` and ends with the first answer.
fn commands() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let (_, block) = text.split_once("eight commands away").unwrap();
    let (_, block) = block.split_once("```console\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    block.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect()
}

/// A newcomer's shell: nothing of this machine's is set.
struct Newcomer {
    home: tempfile::TempDir,
    server: Option<Child>,
    variables: Vec<(String, String)>,
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }
}

impl Newcomer {
    fn command(&self, line: &str) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_rekor"));
        let path = format!("{}:/usr/bin:/bin", binary.parent().unwrap().display());
        let mut command = Command::new("bash");
        command.args(["-c", line]).env_clear().env("PATH", path).env("HOME", self.home.path());
        command.current_dir(self.home.path()).envs(self.variables.iter().cloned());
        command
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Starts the server and does what it says: `export REKOR_TOKEN=…`.
    fn serve(&mut self, line: &str) {
        let mut command = self.command(&format!("exec {line}"));
        command.env("REKOR_LISTEN", "127.0.0.1:0").stderr(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let said = BufReader::new(server.stderr.take().unwrap()).lines().map_while(Result::ok);
        self.server = Some(server);
        let (mut token, mut url) = (String::new(), String::new());
        for line in said {
            if let Some(value) = line.strip_prefix("export REKOR_TOKEN=") {
                value.clone_into(&mut token);
            }
            if let Some((_, rest)) = line.split_once("listening on ") {
                rest.split(' ').next().unwrap().clone_into(&mut url);
                break;
            }
        }
        self.variables = vec![("REKOR_TOKEN".to_owned(), token), ("REKOR_API_URL".to_owned(), url)];
    }

    /// A command that a newcomer gets wrong: the error says what to do next, and by which words.
    fn stumbles(&self, line: &str, next: &str) {
        let out = self.run(&format!("{line} --output json"));
        let text = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(!out.status.success(), "{line} should fail");
        let error: Value = serde_json::from_str(text.trim()).unwrap_or_else(|_| {
            panic!("{line}: the error is no JSON: {text}");
        });
        let said = format!("{} {}", error["error"]["message"], error["error"]["fix"]);
        assert!(said.contains(next), "{line}: {said} does not mention {next:?}");
    }
}

#[test]
fn eight_commands_lead_to_the_first_answer() {
    let commands = commands();
    assert!(commands.len() <= 8 && commands.iter().all(|line| line.starts_with("rekor ")));
    let mut newcomer =
        Newcomer { home: tempfile::tempdir().unwrap(), server: None, variables: Vec::new() };
    let things: String = (0..500)
        .map(|n| format!("{{\"name\":\"thing {n}\",\"size\":{n},\"tags\":[\"a\",\"b\"]}}\n"))
        .collect();
    std::fs::write(newcomer.home.path().join("things.ndjson"), things).unwrap();
    std::fs::write(
        newcomer.home.path().join("broken.ndjson"),
        "{\"name\":\"a\",\"size\":1,\"tags\":[]}\n{\"name\":\n",
    )
    .unwrap();
    std::fs::write(newcomer.home.path().join("wrong.ndjson"), "{\"name\":7}\n").unwrap();

    newcomer.variables = vec![("REKOR_API_URL".to_owned(), "http://127.0.0.1:1".to_owned())];
    newcomer.stumbles("rekor databases list", "rekor serve");
    newcomer.serve(&commands[0]);
    let token = newcomer.variables.remove(0);
    newcomer.stumbles("rekor databases create mine", "rekor login");
    newcomer.variables.insert(0, ("REKOR_TOKEN".to_owned(), "rec_wrong".to_owned()));
    newcomer.stumbles("rekor databases create mine", "rekor login");
    newcomer.variables[0] = token;

    let mut answer = String::new();
    for line in &commands[1..] {
        match line.split_whitespace().nth(1).unwrap() {
            "collections" if line.contains("infer") => {
                newcomer.stumbles("rekor collections infer nothing.ndjson", "nothing.ndjson");
                newcomer.stumbles("rekor collections infer broken.ndjson", "line 2");
                newcomer.stumbles(
                    "rekor collections upsert things --schema '{}' --database mine",
                    "create-preview",
                );
            }
            "documents" => {
                let import = "rekor documents import";
                newcomer.stumbles(
                    &format!("{import} thing things.ndjson --database mine"),
                    "rekor collections list",
                );
                newcomer.stumbles(&format!("{import} things things.ndjson"), "--database");
                newcomer
                    .stumbles(&format!("{import} things broken.ndjson --database mine"), "line 2");
                newcomer
                    .stumbles(&format!("{import} things wrong.ndjson --database mine"), "line 1");
            }
            "sql" => {
                newcomer
                    .stumbles("rekor sql 'SELECT cout() FROM documents' --database mine", "count");
                newcomer.stumbles("rekor sql 'SELECT 1 FROM things' --database mine", "documents");
                newcomer.stumbles("rekor sql 'SELECT 1' --database mein", "rekor databases list");
            }
            _ => {}
        }
        let out = newcomer.run(line);
        let error = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{line}: {error}");
        answer = String::from_utf8(out.stdout).unwrap();
    }
    // The one good line before the broken one is there, too.
    assert!(answer.contains("501"), "{answer}");
}
