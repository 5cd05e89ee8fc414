//! Errors in the words of an agent: where they name a command, the tool that does the same.

use rekor_core::Error;

/// Starts of commands in messages, with what an agent does instead; the longest come first.
const TOOLS: [(&str, &str); 6] = [
    ("rekor collections list", "manage_collection with action list"),
    ("rekor databases create-preview", "manage_database with action create_preview"),
    ("rekor databases list", "manage_database with action list"),
    ("rekor documents patch", "manage_document with action patch"),
    ("rekor relationship-types list", "manage_relationship with action list_types"),
    ("rekor whoami", "manage_database with action whoami"),
];

/// The error with tools in place of commands. What only a person does stays a command: the agent shows it to them.
pub(super) fn for_agents(mut error: Error) -> Error {
    error.message = translated(&error.message);
    let details = std::mem::take(&mut error.details);
    error.details = details.into_iter().map(|detail| detail.map_texts(translated)).collect();
    error
}

/// The error without a word about Rekor: for agents that know only the domain of an endpoint.
pub(super) fn without_rekor(mut error: Error) -> Error {
    error.message = plain(&error.message);
    let details = std::mem::take(&mut error.details);
    error.details = details.into_iter().map(|detail| detail.map_texts(plain)).collect();
    error
}

/// The message without sentences that name a command.
fn plain(message: &str) -> String {
    let sentences = message.split_inclusive(". ");
    let kept: String = sentences.filter(|sentence| !sentence.contains("`rekor ")).collect();
    let kept = kept.replace("the collection's schema", "the schema");
    let kept = kept.split("; `rekor ").next().unwrap_or_default().trim().to_owned();
    if kept.is_empty() { "This is not allowed here.".to_owned() } else { kept }
}

fn translated(message: &str) -> String {
    let parts: Vec<&str> = message.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return message.to_owned();
    }
    let spoken = parts.iter().enumerate().map(|(at, part)| {
        let tool = TOOLS.iter().find(|(command, _)| part.starts_with(command));
        match tool {
            Some((_, tool)) if at % 2 == 1 => (*tool).to_owned(),
            _ if at % 2 == 1 => format!("`{part}`"),
            _ => (*part).to_owned(),
        }
    });
    spoken.collect()
}

#[cfg(test)]
mod tests {
    use super::translated;

    #[test]
    fn commands_become_tools_and_the_rest_stays() {
        assert_eq!(
            translated("No. `rekor collections list --database a` shows `x`."),
            "No. manage_collection with action list shows `x`."
        );
        let human = "Ask a human to run `rekor databases promote`; a dry run is allowed.";
        assert_eq!(translated(human), human);
        assert_eq!(translated("a ` alone"), "a ` alone");
    }
}
