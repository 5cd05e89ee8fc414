//! Completions: what may stand in an argument of a prompt or of a resource's address, as far as the caller reaches it.

use super::{
    Visit,
    prompts::{self, Names},
    resources,
    vocabulary::canonical,
};
use crate::service::Service;
use rekor_core::{Error, Result};
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};
use serde_json::Value;

/// Completes an argument.
///
/// # Errors
/// Validation of an unknown prompt, resource or argument.
pub(super) fn complete(
    service: &Service,
    visit: &Visit,
    request: &CompleteRequestParams,
) -> Result<CompleteResult> {
    let argument = canonical(&request.argument.name);
    let names = match &request.r#ref {
        Reference::Prompt(prompt) => {
            let found = prompts::find(&prompt.name, visit)?;
            let known = found.arguments.iter().find(|known| known.name == argument);
            known.map(|known| known.names)
        }
        Reference::Resource(resource) => {
            let known = resources::templates();
            let known = known.iter().any(|template| template.uri_template == resource.uri);
            let is_placeholder = resource.uri.contains(&format!("{{{argument}}}"));
            match argument {
                "database_id" if known && is_placeholder => Some(Names::Databases),
                "collection" if known && is_placeholder => Some(Names::Collections),
                _ => None,
            }
        }
        _ => None,
    };
    let names = names.ok_or_else(|| {
        Error::validation(format!(
            "There is no argument {} to complete; prompts/list and resources/templates/list show those that there are.",
            request.argument.name
        ))
    })?;
    let known = values(service, visit, names, request);
    Ok(CompleteResult::new(matching(known, &request.argument.value)?))
}

/// Names that the caller reaches; none where it may not look.
fn values(
    service: &Service,
    visit: &Visit,
    names: Names,
    request: &CompleteRequestParams,
) -> Vec<String> {
    let context = request.context.as_ref().and_then(|context| context.arguments.as_ref());
    let database = context.and_then(|given| {
        given.iter().find(|(name, _)| canonical(name) == "database_id").map(|(_, id)| id.as_str())
    });
    let database = database.unwrap_or_default();
    let found = match names {
        Names::Databases => service.list_databases(&visit.caller, None),
        Names::Previews => service.list_previews(&visit.caller, database),
        Names::Collections => service.list_collections(&visit.caller, database),
        Names::Words => return Vec::new(),
    };
    let id = |entity: &Value| entity["id"].as_str().map(str::to_owned);
    found.unwrap_or_default().iter().filter_map(id).collect()
}

/// The names that a text may grow into: those that start with it, then those that contain it.
///
/// # Errors
/// Internal, never expected.
pub(super) fn matching(known: Vec<String>, typed: &str) -> Result<CompletionInfo> {
    let typed = typed.to_lowercase();
    let rank = |name: &str| {
        let name = name.to_lowercase();
        if name.starts_with(&typed) { Some(0) } else { name.contains(&typed).then_some(1) }
    };
    let mut ranked: Vec<(i32, String)> =
        known.into_iter().filter_map(|name| Some((rank(&name)?, name))).collect();
    ranked.sort();
    let total = u32::try_from(ranked.len()).ok();
    let has_more = ranked.len() > CompletionInfo::MAX_VALUES;
    let values = ranked.into_iter().map(|(_, name)| name).take(CompletionInfo::MAX_VALUES);
    CompletionInfo::with_pagination(values.collect(), total, has_more).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::matching;

    #[test]
    fn the_start_of_a_name_comes_first_and_there_is_an_end() {
        let known = ["shop", "workshop", "sharp", "bank"].map(str::to_owned).to_vec();
        let found = matching(known, "SH").unwrap();
        assert_eq!(found.values, ["sharp", "shop", "workshop"]);
        assert_eq!((found.total, found.has_more), (Some(3), Some(false)));
        let many = (0..150).map(|n| format!("c{n:03}")).collect();
        let found = matching(many, "").unwrap();
        assert_eq!((found.values.len(), found.total, found.has_more), (100, Some(150), Some(true)));
    }
}
