//! The steps of prompts. `$name` stands for an argument: a line with one that was not given is left out. `@Name` stands for the
//! tool that carries an operation out: a line with one that the caller may not call is left out.

use crate::operation::Operation as Op;
use rekor_core::limits;

/// The operations that steps name. No name starts with another one.
pub(super) const OPERATIONS: &[(&str, Op)] = &[
    ("@Describe", Op::CollectionDescribe),
    ("@Collections", Op::CollectionList),
    ("@Schema", Op::CollectionGet),
    ("@Define", Op::CollectionPut),
    ("@Compare", Op::CollectionDiff),
    ("@Preview", Op::PreviewCreate),
    ("@DryRun", Op::PromoteDryRun),
    ("@Request", Op::PromoteRequest),
    ("@Write", Op::DocumentPut),
    ("@Batch", Op::Batch),
    ("@Sql", Op::Sql),
    ("@Links", Op::RelationshipTypeList),
];

/// Looking around in a database.
pub(super) const EXPLORE: &str = "\
Explore the database $database_id. Its collections follow, as @Collections lists them.
- Call @Describe for each collection that matters: it says which paths there are, of which types, how often, and with which values.
- Ask with @Sql, and let it count and sum: `SELECT … FROM documents WHERE collection = '…' AND deleted = false`. Take paths as the description writes them, such as data.amount.:Float64.
- @Links shows which relationships are declared between collections.
Then answer this question: $question
Say which queries the answer rests on, and what the data cannot tell. Change nothing.";

/// From a purpose to a collection.
pub(super) const DESIGN: &str = "\
Design a collection in the database $database_id for this purpose: $purpose
The collections that are there follow; do not build what they already hold.
- If $database_id is no preview, make one with @Preview and work there: configuration never changes in production.
- Write a JSON Schema for single facts: `required` for what every document has, `enum` for closed lists, `format` for dates and times, `additionalProperties: false` unless unknown members are welcome. Give each property a description; agents that write documents read it. Link documents by relationships, not by copies.
- Define it with @Define.
- Try it: write two documents that should fit and one that should not with @Write. If the wrong one is accepted, the schema is too wide.
- Look at what promotion would do with @DryRun, and tell me about it.
- When I agree, call @Request. A person promotes; you cannot.";

/// Before a person promotes.
pub(super) const REVIEW: &str = "\
Review the preview $from before a person promotes it to $database_id. What promoting it would change now follows, as @DryRun answers it.
- Say in a sentence or two what changes for those who use $database_id.
- Go through `blocking` and through every change that removes something or refuses what was accepted. Say whom it breaks: documents that are stored, endpoints, programs that write.
- For schemas, compare with @Compare where the change is not clear.
- Count with @Sql how many stored documents are concerned.
- Check names, descriptions and enums for mistakes that would be hard to take back.
- End with a recommendation: promote, promote after changes (name them), or do not promote.
- If I ask you to, call @Request. A person promotes; you cannot.";

/// From material to documents.
pub(super) const LOAD: &str = "\
Load the material that I give you into the collection $collection of the database $database_id. The collection follows, with its schema, as @Schema answers it.
- Map the material to the schema. Leave out what has no place in it, and tell me what that was; do not invent values.
- Give every document an external_id that is stable in its source, and the name of the source as external_source: then loading it again does not write it twice.
- Write one document with @Write first. An error says path, expected and given: correct the mapping, not the schema.
- Write the rest with @Batch, at most $most operations at a time; a batch is written as a whole or not at all.
- Count with @Sql what is there now, and compare it with the material.";

/// `$most` of [`LOAD`].
pub(super) const MOST: usize = limits::BATCH_OPERATIONS_MAX;
