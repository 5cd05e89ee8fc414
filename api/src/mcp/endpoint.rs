//! Endpoints: MCP servers that somebody configured over their collections, at `/e/{slug}/mcp`.
//!
//! The token decides the database: it must reach exactly one, and the slug is looked up there. The rights of the caller are
//! cut to the collections of the endpoint before anything is called, so that the one `authorise` of the service, and the
//! scope of SQL, hold for what an endpoint may see. Nothing in its tools, answers and errors is about Rekor.

mod call;
mod embed;
mod prompts;
mod tools;
mod values;

pub(crate) use tools::Offer;

use super::{
    Face, Visit, answered,
    arguments::Arguments,
    choice::unknown_tool,
    follow::{self, Slots},
    resources,
    result::{ToolResult, failure},
    speech::without_rekor,
    visit,
};
use crate::{
    auth::{self, Principal},
    service::{Caller, Service},
};
use rekor_core::{
    Error, Result,
    catalog::{Database, Endpoint},
    endpoint::ToolKind,
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
        DiscoverResult, GetPromptRequestParams, GetPromptResponse, Implementation,
        InitializeRequestParams, InitializeResult, ListPromptsResult, ListResourcesRequestMethod,
        ListResourcesResult, ListToolsResult, PaginatedRequestParams, Prompt,
        ReadResourceRequestParams, ReadResourceResponse, ResourcesCapability, ServerCapabilities,
        ServerConfig, SubscriptionFilter, Tool,
    },
    service::{RequestContext, SubscriptionContext},
};
use serde_json::value::RawValue;
use std::sync::Arc;

/// Resources of an endpoint: the kept answers of its queries.
const RESULT_SCHEME: &str = "result://";

/// The handler of an endpoint's methods.
#[derive(Clone, Debug)]
pub(super) struct Handler {
    pub(super) service: Arc<Service>,
    pub(super) slots: Arc<Slots>,
}

/// What every endpoint can do.
fn capabilities() -> ServerCapabilities {
    ServerCapabilities::builder()
        .enable_tools()
        .enable_tool_list_changed()
        .enable_prompts()
        .enable_prompts_list_changed()
        .enable_completions()
        .build()
}

/// An endpoint, and what a caller may do through it.
struct Resolved {
    /// With the rights that are left.
    caller: Caller,
    database: Arc<Database>,
    endpoint: Arc<Endpoint>,
    offers: Vec<Offer>,
}

impl Resolved {
    /// Whether answers may be kept.
    fn has_queries(&self) -> bool {
        let asks = |offer: &Offer| matches!(offer.kind, ToolKind::Sql | ToolKind::Query(_));
        self.offers.iter().any(asks)
    }

    fn info(&self) -> ServerConfig {
        let entry = &self.endpoint.entry;
        let given = entry.config.name.as_str();
        let name = if given.is_empty() { entry.id.as_str() } else { given };
        let server = Implementation::new(entry.id.as_str(), self.endpoint.version.to_string());
        let mut capabilities = capabilities();
        if self.has_queries() {
            capabilities.resources = Some(ResourcesCapability::default());
        }
        let info = ServerConfig::new(capabilities).with_server_info(server.with_title(name));
        match &entry.config.description {
            Some(description) => info.with_instructions(description.clone()),
            None => info,
        }
    }
}

/// The tools of an endpoint as a caller with every right to its data sees them.
///
/// # Errors
/// Validation of the configuration.
pub(crate) fn preview(database: &Database, endpoint: &Endpoint) -> Result<Vec<Offer>> {
    tools::offers(&endpoint.entry.config, database, &Principal::local(), None)
}

/// The tools and prompts of an endpoint for a caller, without values from the data; none, if it cannot be reached.
pub(super) fn lists(
    service: &Service,
    caller: &Caller,
    slug: &str,
    face: Face,
) -> Option<(Vec<Tool>, Vec<Prompt>)> {
    let offers = find(service, caller, slug, face, None).ok()?.offers;
    let prompts = prompts::list(&offers);
    Some((offers.into_iter().map(|offer| offer.tool).collect(), prompts))
}

/// An endpoint for a caller, with all that it offers, or with the one tool of a name if it offers that.
fn find(
    service: &Service,
    caller: &Caller,
    slug: &str,
    face: Face,
    only: Option<&str>,
) -> Result<Resolved> {
    let grants = &caller.principal.grants;
    let id = grants.only_database().ok_or_else(|| {
        Error::forbidden("An endpoint needs a token for exactly one database; this credential reaches several. Create one with grants such as [{\"scope\":{\"databases\":[\"shop\"],\"environments\":[\"production\"]},\"permissions\":[\"read:documents\"]}].")
    })?;
    let database = service.existing(caller, id.as_str())?;
    let endpoint = database.endpoints.get(slug).cloned().ok_or_else(|| {
        Error::not_found(format!("There is no endpoint {slug} for this token. Check the address, and that the endpoint was promoted if the token is for production."))
    })?;
    let config = &endpoint.entry.config;
    let principal = Principal {
        grants: Arc::new(grants.within(&config.collections())),
        ..caller.principal.clone()
    };
    let mut offers = tools::offers(config, &database, &principal, only)?;
    offers.retain(|offer| offer.reads || !face.read_only);
    if offers.is_empty() && only.is_some() {
        return find(service, caller, slug, face, None);
    }
    if offers.is_empty() {
        return Err(Error::forbidden(format!(
            "This token may use none of the tools of {slug}; it needs permissions such as read:documents."
        )));
    }
    let caller = Caller { principal, ..caller.clone() };
    Ok(Resolved { caller, database, endpoint, offers })
}

fn refused(error: Error) -> ErrorData {
    let error = without_rekor(error);
    ErrorData::invalid_params(error.message.clone(), Some(error.body()))
}

impl Handler {
    fn resolve(&self, context: &RequestContext<RoleServer>) -> Result<Resolved, ErrorData> {
        let visit = visit(context)?;
        self.resolve_visit(&visit, None)
    }

    fn resolve_visit(&self, visit: &Visit, only: Option<&str>) -> Result<Resolved, ErrorData> {
        let slug = visit.place.slug.as_deref();
        let slug =
            slug.ok_or_else(|| ErrorData::internal_error("a request without a slug", None))?;
        let resolved = find(&self.service, &visit.caller, slug, visit.place.face, only);
        resolved
            .map_err(|error| ErrorData::invalid_request(error.message.clone(), Some(error.body())))
    }

    /// The answer to `initialize`.
    pub(super) fn greet(
        &self,
        request: &InitializeRequestParams,
        visit: &Visit,
    ) -> Result<InitializeResult, ErrorData> {
        let resolved = self.resolve_visit(visit, None)?;
        let version = self.negotiate_initialize(request)?.protocol_version;
        Ok(resolved.info().with_protocol_version(version))
    }

    /// The answer to `server/discover`.
    pub(super) fn introduce(&self, visit: &Visit) -> Result<DiscoverResult, ErrorData> {
        let resolved = self.resolve_visit(visit, None)?;
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, resolved.info()))
    }

    /// Answers a call; that it failed is a result, too, unless there is no such endpoint or tool.
    pub(super) async fn answer(
        &self,
        name: &str,
        arguments: Option<&RawValue>,
        visit: &Visit,
    ) -> Result<ToolResult, ErrorData> {
        let resolved = self.resolve_visit(visit, Some(name))?;
        let offer = resolved.offers.iter().find(|offer| offer.tool.name == name);
        let Some(offer) = offer else {
            self.note_hidden(&resolved, name, visit);
            let names = resolved.offers.iter().map(|offer| &*offer.tool.name);
            return Err(ErrorData::invalid_params(unknown_tool(name, names), None));
        };
        let done = self.call(&resolved, offer, arguments.map(RawValue::get)).await;
        Ok(done.unwrap_or_else(|error| {
            visit.lacked.note(&error);
            failure(&without_rekor(error))
        }))
    }

    /// Notes what a tool is hidden for want of.
    fn note_hidden(&self, resolved: &Resolved, name: &str, visit: &Visit) {
        let all = preview(&resolved.database, &resolved.endpoint).unwrap_or_default();
        let offer = all.iter().find(|offer| offer.tool.name == name);
        let offer = offer.filter(|offer| offer.reads || !visit.place.face.read_only);
        if let Some(permission) = offer.and_then(|offer| tools::needed(&offer.kind)) {
            visit.lacked.note(&auth::lacking(permission, String::new()));
        }
    }

    async fn call(
        &self,
        resolved: &Resolved,
        offer: &Offer,
        text: Option<&str>,
    ) -> Result<ToolResult> {
        let mut arguments = Arguments::plain(text.unwrap_or("{}"))?;
        arguments.check_schema(&offer.tool.name, &offer.tool.input_schema)?;
        let call = call::Call {
            service: &self.service,
            caller: &resolved.caller,
            database: &resolved.database,
            config: &resolved.endpoint.entry.config,
            arguments: &arguments,
        };
        let (reply, stored) = Box::pin(call.run(offer)).await?;
        reply.into_result(stored)
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(capabilities())
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let greeting = self.greet(&request, &visit(&context)?)?;
        context.peer.set_peer_info(request);
        Ok(greeting)
    }

    async fn discover(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<DiscoverResult, ErrorData> {
        self.introduce(&visit(&context)?)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let resolved = self.resolve(&context)?;
        let mut tools = Vec::with_capacity(resolved.offers.len());
        for offer in &resolved.offers {
            let listed = Box::pin(values::filled(&self.service, &resolved, offer)).await;
            tools.push(listed.map_err(|error| ErrorData::internal_error(error.message, None))?);
        }
        Ok(for_a_while!(ListToolsResult::with_all_items(tools)))
    }

    async fn list_resources(
        &self,
        _page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let resolved = self.resolve(&context)?;
        if !resolved.has_queries() {
            return Err(ErrorData::method_not_found::<ListResourcesRequestMethod>());
        }
        // Answers name theirs; nobody else would know what to do with them.
        Ok(for_a_while!(ListResourcesResult::with_all_items(Vec::new())))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let resolved = self.resolve(&context)?;
        let (caller, database) = (&resolved.caller, resolved.database.entry.id.as_str());
        let uri = request.uri.as_str();
        let Some(id) = uri.strip_prefix(RESULT_SCHEME).filter(|_| resolved.has_queries()) else {
            let message = format!("There is no resource {uri}.");
            return Err(ErrorData::resource_not_found(message, None));
        };
        resources::kept(&self.service, caller, database, id, uri).await.map(Into::into)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let visit = visit(&context)?;
        tokio::select! {
            () = context.ct.cancelled() => Ok(answered(failure(&super::cancelled()))),
            done = self.answer(&request.name, visit.arguments.as_deref(), &visit) => done.map(answered),
        }
    }

    async fn list_prompts(
        &self,
        _page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let resolved = self.resolve(&context)?;
        Ok(for_a_while!(ListPromptsResult::with_all_items(prompts::list(&resolved.offers))))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let resolved = self.resolve(&context)?;
        let offer = prompts::find(&resolved.offers, &request.name).map_err(refused)?;
        let arguments = prompts::arguments(request.arguments.as_ref());
        let called = self.call(&resolved, offer, Some(&arguments)).await;
        called.map(|result| prompts::messages(offer, result).into()).map_err(refused)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let resolved = self.resolve(&context)?;
        prompts::complete(&self.service, &resolved, &request).await.map_err(refused)
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        let mut accepted = requested.clone();
        accepted.resource_subscriptions = None;
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.resolve(context.request_context())?;
        let visit = visit(context.request_context())?;
        follow::listen((&self.service, &self.slots), visit, context).await
    }
}
