//! The list of tools, cut to what the caller may do.

use super::{
    Face,
    action::{Action, Effect, TOOLS, Tool},
    vocabulary::spoken,
};
use crate::auth::Principal;
use rmcp::model::{JsonObject, Tool as Listed, ToolAnnotations};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The tools a caller may use, each with the actions it may do.
pub(super) fn list(principal: &Principal, face: &Face) -> Vec<Listed> {
    offered(principal, face).map(|(tool, actions)| describe(tool, &actions, face)).collect()
}

/// All that a list depends on beside the face.
pub(super) fn offered(
    principal: &Principal,
    face: &Face,
) -> impl Iterator<Item = (&'static Tool, Vec<&'static Action>)> {
    let offered = |action: &&Action| action.is_offered(principal, face.read_only);
    TOOLS.iter().filter_map(move |tool| {
        let actions: Vec<&Action> = tool.actions.iter().filter(offered).collect();
        (!actions.is_empty()).then_some((tool, actions))
    })
}

fn describe(tool: &Tool, actions: &[&Action], face: &Face) -> Listed {
    let say = |text: &str| spoken(text, face.vocabulary);
    let schema = |value: &Value| -> Arc<JsonObject> {
        let text = say(&value.to_string());
        Arc::new(serde_json::from_str(&text).unwrap_or_default())
    };
    Listed::new(say(tool.name), say(&description(tool, actions)), schema(&input_schema(actions)))
        .with_title(say(tool.title))
        .with_raw_output_schema(schema(&output_schema(tool)))
        .with_annotations(annotations(actions))
}

fn description(tool: &Tool, actions: &[&Action]) -> String {
    let notes: Vec<String> = actions
        .iter()
        .filter(|action| !action.about.is_empty())
        .map(|action| format!("{}: {}", action.name, action.about))
        .collect();
    if notes.is_empty() {
        tool.about.to_owned()
    } else {
        format!("{}\n{}.", tool.about, notes.join(". "))
    }
}

fn input_schema(actions: &[&Action]) -> Value {
    let mut properties = Map::new();
    let mut required: Vec<&str> = Vec::new();
    let names: Vec<&str> = actions.iter().map(|action| action.name).collect();
    if names != [""] {
        properties.insert("action".to_owned(), json!({"enum": names}));
        required.push("action");
    }
    for action in actions {
        for parameter in action.parameters() {
            let needed = |action: &&Action| action.required.contains(parameter);
            if !properties.contains_key(parameter.name) {
                properties.insert(parameter.name.to_owned(), parameter.schema());
                required.extend(actions.iter().all(needed).then_some(parameter.name));
            }
        }
    }
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// No member is required: a refusal is an answer, too.
fn output_schema(tool: &Tool) -> Value {
    let mut properties: Map<String, Value> = serde_json::from_str(tool.output).unwrap_or_default();
    for name in ["truncated", "error"] {
        properties.insert(name.to_owned(), json!({"type": "object"}));
    }
    json!({"type": "object", "properties": properties})
}

/// Hints that are true of the actions listed, and of nothing else.
fn annotations(actions: &[&Action]) -> ToolAnnotations {
    let reads = actions.iter().all(|action| action.effect == Effect::Read);
    let hints = ToolAnnotations::new().read_only(reads).open_world(false);
    if reads {
        return hints;
    }
    hints.destructive(actions.iter().any(|action| action.effect == Effect::Change))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{OPERATIONS, Operation};

    #[test]
    fn every_operation_is_an_action_or_has_a_reason() {
        let actions = || TOOLS.iter().flat_map(|tool| tool.actions);
        for facts in OPERATIONS {
            let carried_out =
                actions().filter(|action| action.operation == facts.operation).count();
            let without = super::super::WITHOUT_TOOL.iter().any(|(op, _)| *op == facts.operation);
            assert_eq!(carried_out + usize::from(without), 1, "{:?}", facts.operation);
        }
    }

    #[test]
    fn effects_agree_with_the_table_of_operations() {
        for action in TOOLS.iter().flat_map(|tool| tool.actions) {
            let dry =
                matches!(action.operation, Operation::PromoteDryRun | Operation::RollbackDryRun);
            let reads = action.operation.is_read() || dry;
            assert_eq!(action.effect == Effect::Read, reads, "{:?}", action.operation);
        }
    }

    #[test]
    fn what_tools_say_is_json_and_examples_fit() {
        for tool in TOOLS {
            assert!(
                serde_json::from_str::<Map<String, Value>>(tool.output).is_ok(),
                "{}",
                tool.name
            );
            for parameter in tool.actions.iter().flat_map(Action::parameters) {
                assert!(serde_json::from_str::<Value>(parameter.example).is_ok());
                assert!(parameter.kind.holds(parameter.example), "{}", parameter.name);
            }
        }
    }

    #[test]
    fn the_older_vocabulary_renames_everything() {
        let face =
            Face { read_only: false, vocabulary: super::super::vocabulary::Vocabulary::Workspaces };
        let text = serde_json::to_string(&list(&Principal::local(), &face)).unwrap();
        assert!(text.contains("manage_record") && text.contains("workspace_id"));
        assert!(!text.contains("database") && !text.contains("document"));
    }
}
