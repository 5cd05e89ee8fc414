//! What a client sees at its place, as fingerprints: two of them tell what changed between.

use super::{
    Face,
    action::{Action, Tool},
    endpoint, prompts, resources, tools,
};
use crate::{
    oauth::Resource,
    service::{Caller, Service},
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Where a client is connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The endpoint; none for the server's own tools.
    pub slug: Option<String>,
    /// How it wants the tools.
    pub face: Face,
}

impl Place {
    /// What a credential is shown for there.
    pub(super) fn resource(&self) -> Resource {
        self.slug.clone().map_or(Resource::Admin, Resource::Endpoint)
    }
}

/// Fingerprints of lists and resources.
#[derive(Clone, Debug, Default)]
pub(super) struct Outlook {
    tools: u64,
    prompts: u64,
    resources: BTreeMap<String, u64>,
}

/// Something that is no longer as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// The list of tools.
    Tools,
    /// The list of prompts.
    Prompts,
    /// The resource of this URI.
    Resource(String),
}

impl News {
    /// The notification about it.
    pub(super) fn notification(&self) -> Value {
        match self {
            Self::Tools => {
                json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
            }
            Self::Prompts => {
                json!({"jsonrpc": "2.0", "method": "notifications/prompts/list_changed"})
            }
            Self::Resource(uri) => {
                json!({"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": uri}})
            }
        }
    }
}

impl Outlook {
    /// What a caller sees now. What it does not reach looks like what does not exist.
    pub(super) fn now(service: &Service, caller: &Caller, place: &Place, uris: &[String]) -> Self {
        let (tools, prompts) = match &place.slug {
            Some(slug) => endpoint::lists(service, caller, slug, place.face)
                .map(|(tools, prompts)| (fingerprint(&tools), fingerprint(&prompts)))
                .unwrap_or_default(),
            None => {
                let names = |(tool, actions): (&Tool, Vec<&Action>)| {
                    (tool.name, actions.iter().map(|action| action.name).collect::<Vec<_>>())
                };
                let (who, face) = (&caller.principal, &place.face);
                let tools: Vec<_> = tools::offered(who, face).map(names).collect();
                let prompts: Vec<_> = prompts::offered(who, face).map(|p| p.name).collect();
                (fingerprint(&tools), fingerprint(&prompts))
            }
        };
        let of = |uri: &String| {
            let schema = place.slug.is_none().then(|| resources::schema(service, caller, uri));
            (uri.clone(), fingerprint(&schema.and_then(Result::ok)))
        };
        Self { tools, prompts, resources: uris.iter().map(of).collect() }
    }

    /// Takes what is now, and tells what is new. Resources that are not watched any more stay forgotten.
    pub(super) fn learn(&mut self, now: Self) -> Vec<News> {
        let mut news = Vec::new();
        if std::mem::replace(&mut self.tools, now.tools) != now.tools {
            news.push(News::Tools);
        }
        if std::mem::replace(&mut self.prompts, now.prompts) != now.prompts {
            news.push(News::Prompts);
        }
        for (uri, print) in now.resources {
            let Some(known) = self.resources.get_mut(&uri) else { continue };
            if std::mem::replace(known, print) != print {
                news.push(News::Resource(uri));
            }
        }
        news
    }

    /// The resources that are watched.
    pub(super) fn watched(&self) -> Vec<String> {
        self.resources.keys().cloned().collect()
    }

    /// Watches the resources of another outlook, too, from what they are there.
    pub(super) fn watch(&mut self, more: Self) {
        self.resources.extend(more.resources);
    }

    /// Watches a resource no longer; whether it was watched.
    pub(super) fn forget(&mut self, uri: &str) -> bool {
        self.resources.remove(uri).is_some()
    }
}

fn fingerprint(value: &impl Serialize) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(value).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(tools: u64, schema: u64) -> Outlook {
        Outlook { tools, prompts: 0, resources: [("rekor://a".to_owned(), schema)].into() }
    }

    #[test]
    fn each_change_is_told_once() {
        let mut known = seen(1, 1);
        assert!(known.learn(seen(1, 1)).is_empty());
        let resource = || News::Resource("rekor://a".to_owned());
        assert_eq!(known.learn(seen(2, 2)), [News::Tools, resource()]);
        assert!(known.learn(seen(2, 2)).is_empty());
        assert!(known.forget("rekor://a") && !known.forget("rekor://a"));
        assert!(known.learn(seen(2, 3)).is_empty());
        known.watch(seen(2, 3));
        assert_eq!(known.learn(seen(2, 4)), [resource()]);
    }
}
