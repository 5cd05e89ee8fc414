//! Every limit of the product, in one table. `docs/reference/limits.md` states them; MiB throughout.

/// One mebibyte.
pub const MIB: usize = 1 << 20;

/// Largest JSON text of one document or relationship.
pub const DOCUMENT_BYTES_MAX: usize = MIB;
/// Deepest nesting of objects and arrays in a document.
pub const DOCUMENT_DEPTH_MAX: usize = 64;
/// Most distinct paths in one document.
pub const DOCUMENT_PATHS_MAX: usize = 4_096;
/// Most values in one document.
pub const DOCUMENT_VALUES_MAX: usize = 100_000;
/// Longest member name, in bytes.
pub const KEY_BYTES_MAX: usize = 512;
/// Longest flattened path, in bytes.
pub const PATH_BYTES_MAX: usize = 1_024;
/// Longest id of a production database.
pub const DATABASE_ID_LEN_MAX: usize = 48;
/// Longest slug of a preview.
pub const PREVIEW_SLUG_LEN_MAX: usize = 40;
/// Longest id of a document or relationship.
pub const ROW_ID_LEN_MAX: usize = 128;
/// Longest external id and longest external source, in bytes.
pub const EXTERNAL_ID_BYTES_MAX: usize = 512;
/// Most typed leaf columns of one data file.
pub const LEAF_COLUMNS_MAX: usize = 1_000;
/// An object with more distinct keys than this in one file keeps them in `_doc` only.
pub const OBJECT_KEYS_MAX: usize = 256;
/// Largest JSON Schema text.
pub const SCHEMA_BYTES_MAX: usize = 256 << 10;
/// Deepest nesting of a JSON Schema.
pub const SCHEMA_DEPTH_MAX: usize = 32;
/// Longest `pattern` of a JSON Schema.
pub const SCHEMA_PATTERN_BYTES_MAX: usize = 1 << 10;
/// Most client operations of one batch.
pub const BATCH_OPERATIONS_MAX: usize = 1_000;
/// Most operations of one frame, with those that client operations bring along.
pub const FRAME_OPERATIONS_MAX: usize = 4 * BATCH_OPERATIONS_MAX;
/// Largest body of one batch.
pub const BATCH_BYTES_MAX: usize = 10 * MIB;
/// Longest `Idempotency-Key`.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// How long the answer to a request with an `Idempotency-Key` is kept, in milliseconds: 24 hours, unless a database has its
/// own setting.
pub const IDEMPOTENCY_KEY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Longest such setting, in hours: a week.
pub const KEY_HOURS_MAX: u32 = 7 * 24;
/// How long a deleted database can be restored, in milliseconds: 30 days, unless it has its own setting.
pub const DELETED_DATABASE_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Longest such setting, in days.
pub const DELETED_DAYS_MAX: u32 = 365;
/// Longest setting of how long the operations log is kept, in days: a century.
pub const LOG_DAYS_MAX: u32 = 36_500;
/// Most lines of one import frame.
pub const IMPORT_FRAME_LINES_MAX: usize = 1_000;
/// Largest line of an import.
pub const IMPORT_LINE_BYTES_MAX: usize = MIB;
/// Most errors an import reports.
pub const IMPORT_ERRORS_MAX: usize = 100;
/// Largest WAL frame, cascades included.
pub const FRAME_BYTES_MAX: usize = 16 * MIB;
/// Longest SQL text.
pub const SQL_BYTES_MAX: usize = 256 << 10;
/// Most rows of one SQL answer.
pub const SQL_ROWS_MAX: usize = 1_000;
/// Time limit of one query.
pub const SQL_TIME_MAX: std::time::Duration = std::time::Duration::from_secs(10);
/// Memory limit of one query.
pub const SQL_MEMORY_BYTES_MAX: usize = 512 * MIB;
/// Queries that run at once; more wait in a queue.
pub const SQL_CONCURRENT_MAX: usize = 8;
/// Queries that wait; more are refused with 429. A few hundred agents may ask at once.
pub const SQL_QUEUE_MAX: usize = 512;
/// How long a query waits for its turn before it is told to come back.
pub const SQL_WAIT_MAX: std::time::Duration = std::time::Duration::from_secs(20);
/// How long rows of a download wait for their reader before their query ends: it has one of the places of those that run.
pub const SQL_READER_WAIT_MAX: std::time::Duration = std::time::Duration::from_secs(60);
/// Output of one call of an expanding SQL function.
pub const SQL_CALL_BYTES_MAX: usize = 64 * MIB;
/// Largest kept answer of a query, as an object.
pub const RESULT_BYTES_MAX: usize = 64 * MIB;
/// Most rows of a kept answer.
pub const RESULT_ROWS_MAX: usize = 1_000_000;
/// How long a kept answer can be used, in milliseconds: an hour.
pub const RESULT_TTL_MS: i64 = 60 * 60 * 1_000;
/// Kept answers of one credential; the oldest give way.
pub const RESULTS_PER_CREDENTIAL_MAX: usize = 64;
/// Bytes of the kept answers of one credential; the oldest give way.
pub const RESULTS_BYTES_PER_CREDENTIAL_MAX: usize = 512 * MIB;
/// Largest kept answer that an MCP resource holds; a longer one is downloaded over REST.
pub const RESULT_RESOURCE_BYTES_MAX: usize = 8 * MIB;
/// Longest answer of an MCP tool, as text and as structured content: about 8,000 tokens each.
pub const MCP_RESULT_BYTES_MAX: usize = 32_000;
/// Most MCP sessions that are remembered; beyond it the one that was idle longest is forgotten.
pub const MCP_SESSIONS_MAX: usize = 10_000;
/// The same, of one credential.
pub const MCP_SESSIONS_PER_CREDENTIAL_MAX: usize = 1_000;
/// How long an MCP session is remembered that neither asks nor listens.
pub const MCP_SESSION_IDLE: std::time::Duration = std::time::Duration::from_secs(60 * 60);
/// Most clients that listen for changes at once.
pub const MCP_LISTENERS_MAX: usize = 2_000;
/// The same, with one credential.
pub const MCP_LISTENERS_PER_CREDENTIAL_MAX: usize = 500;
/// Most resources that one client listens to.
pub const MCP_SUBSCRIPTIONS_MAX: usize = 100;
/// How long an OAuth access token is good for, in milliseconds: an hour.
pub const OAUTH_ACCESS_MS: i64 = 60 * 60 * 1_000;
/// An OAuth authorisation that is not renewed for this long ends, in milliseconds: 30 days.
pub const OAUTH_IDLE_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// How long an OAuth authorisation lasts at most before a person is asked again, in milliseconds: a year.
pub const OAUTH_AUTHORISATION_MS: i64 = 365 * 24 * 60 * 60 * 1_000;
/// Authorisations of one OAuth client by one person, and access tokens of one client without a person.
pub const OAUTH_AUTHORISATIONS_MAX: usize = 100;
/// How long a person may take to decide about an OAuth client, in milliseconds: ten minutes.
pub const OAUTH_CONSENT_MS: i64 = 10 * 60 * 1_000;
/// OAuth clients that registered themselves.
pub const OAUTH_REGISTERED_MAX: usize = 1_000;
/// Registrations of OAuth clients a minute, of all callers together.
pub const OAUTH_REGISTRATIONS_PER_MINUTE: u32 = 20;
/// How long a registration lasts that nobody has allowed anything, in milliseconds: a day.
pub const OAUTH_UNUSED_CLIENT_MS: i64 = 24 * 60 * 60 * 1_000;
/// Largest metadata document of an OAuth client; the draft recommends 5 KB.
pub const OAUTH_DOCUMENT_BYTES_MAX: usize = 10 << 10;
/// How long fetching such a document may take.
pub const OAUTH_DOCUMENT_TIME_MAX: std::time::Duration = std::time::Duration::from_secs(5);
/// Redirect URIs of an OAuth client.
pub const OAUTH_REDIRECT_URIS_MAX: usize = 10;
/// Longest URL of an OAuth client: its id, a redirect URI.
pub const OAUTH_URL_BYTES_MAX: usize = 1 << 10;
/// Most steps of a traversal.
pub const TRAVERSE_DEPTH_MAX: usize = 5;
/// Most relationships a traversal may reach.
pub const TRAVERSE_RELATIONSHIPS_MAX: usize = 10_000;
/// Deepest nesting of groups in a filter.
pub const FILTER_DEPTH_MAX: usize = 10;
/// Most values of `in` and `not_in` in a filter.
pub const FILTER_IN_MAX: usize = 100;
/// Most keys of a list's order.
pub const SORT_KEYS_MAX: usize = 8;
/// Most groups and aggregates of an aggregation.
pub const AGGREGATES_MAX: usize = 32;
/// Default and largest page of a list.
pub const PAGE_DEFAULT: usize = 50;
/// Largest page of a list.
pub const PAGE_MAX: usize = 1_000;
/// Rows of one Parquet row group.
pub const ROW_GROUP_ROWS_MAX: usize = 128 << 10;
/// `_doc` bytes of one Parquet row group.
pub const ROW_GROUP_DOC_BYTES_MAX: usize = 64 * MIB;
/// Rows of one Parquet data page.
pub const PAGE_ROWS_MAX: usize = 20_000;
/// A table whose rows take less than this is *small*: one slice of a shared bundle.
pub const SMALL_TABLE_BYTES: usize = 4 * MIB;
/// Memtable size that starts a flush.
pub const MEMTABLE_BYTES_MAX: usize = 64 * MIB;
/// Rows not flushed yet that make writers wait for the flush.
pub const MEMTABLES_BYTES_MAX: usize = 128 * MIB;
/// How long a writer waits for memory before it is told to come back.
pub const WRITE_WAIT_MAX: std::time::Duration = std::time::Duration::from_secs(20);
/// Time after which rows are flushed even if they are few.
pub const FLUSH_INTERVAL: std::time::Duration = std::time::Duration::from_secs(300);
/// Most rows of one compacted file.
pub const FILE_ROWS_MAX: u64 = 4 << 20;
/// Most segments kept in the segment list of one file.
pub const SEGMENTS_MAX: usize = 4_096;
/// How much is read of a body whose request was refused before, so that its client gets to see the answer.
pub const UNREAD_BODY_BYTES_MAX: usize = 64 * MIB;
/// How long such a body is read.
pub const UNREAD_BODY_TIME_MAX: std::time::Duration = std::time::Duration::from_secs(5);
