//! People, as owners administer them. Every change needs the owner's password anew ([`Service::confirm`] with `users`).

use super::{
    Caller, Service,
    database::check_texts,
    session::{ends_of_sessions, put_user, user_id},
    token::{descendants, revocations},
};
use crate::{
    auth::{Target, authorise},
    operation::Operation as Op,
    password,
};
use rekor_core::{
    Error, Result,
    catalog::{Catalog, Role, User},
    grant::Grants,
    id::{RowId, TableId},
};
use rekor_ingest::{Frame, Operation, RowKey};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What administration of people is confirmed as.
const SUBJECT: &str = "users";

/// Body of a new person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The name to log in with.
    pub login: String,
    /// Display name; the login, if absent.
    pub name: Option<String>,
    /// The first password.
    pub password: String,
    /// `member`, if absent.
    pub role: Option<Role>,
    /// What a member may do.
    pub grants: Option<Value>,
}

/// Body of a change; what is absent stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// Display name.
    pub name: Option<String>,
    /// A new password; ends all sessions.
    pub password: Option<String>,
    /// A new role.
    pub role: Option<Role>,
    /// What a member may do.
    pub grants: Option<Value>,
}

fn user_json(user: &User) -> Value {
    json!({
        "id": user.id,
        "login": user.login,
        "name": user.name,
        "role": user.role,
        "grants": if user.role == Role::Owner { json!(Grants::full()) } else { json!(user.grants) },
        "created_at": user.created_at.to_rfc3339(),
    })
}

impl Service {
    /// All people.
    ///
    /// # Errors
    /// `HumanRequired` for anybody but an owner.
    pub fn list_users(&self, caller: &Caller) -> Result<Vec<Value>> {
        authorise(&caller.principal, Op::UserList, Target::ACCOUNT)?;
        let snapshot = self.engine.snapshot();
        Ok(snapshot.catalog().users.values().map(|user| user_json(user)).collect())
    }

    /// Adds a person.
    ///
    /// # Errors
    /// `HumanRequired` without a fresh proof, `Conflict` if the login is taken, Validation.
    pub async fn create_user(&self, caller: &Caller, new: NewUser) -> Result<Value> {
        authorise(&caller.principal, Op::UserCreate, Target::ACCOUNT)?;
        self.require_proof(caller, SUBJECT)?;
        check_texts(&[new.name.as_deref()], &[])?;
        let role = new.role.unwrap_or(Role::Member);
        let grants = new.grants.as_ref().map(Grants::parse).transpose()?;
        if role == Role::Member && grants.is_none() {
            return Err(Error::validation(
                "A member needs `grants`: what this person may do, at most.",
            ));
        }
        let user = User {
            id: user_id(&new.login)?,
            login: new.login.to_lowercase(),
            name: new.name.unwrap_or(new.login),
            role,
            grants: grants.unwrap_or_default(),
            password_hash: password::hash(new.password).await?,
            created_at: self.now(),
        };
        self.write_user(caller, vec![put_user(&user, Some(0))?]).await?;
        Ok(user_json(&user))
    }

    /// Changes a person. Fewer rights and new passwords end sessions; fewer rights end tokens beyond them.
    ///
    /// # Errors
    /// As [`Self::create_user`]; `Conflict` for the last owner.
    pub async fn change_user(
        &self,
        caller: &Caller,
        id: &str,
        change: UserChange,
    ) -> Result<Value> {
        authorise(&caller.principal, Op::UserChange, Target::ACCOUNT)?;
        self.require_proof(caller, SUBJECT)?;
        check_texts(&[change.name.as_deref()], &[])?;
        let new_password_hash = match change.password {
            Some(password) => Some(password::hash(password).await?),
            None => None,
        };
        let _turn = self.doors.people.lock().await;
        let snapshot = self.engine.snapshot();
        let catalog = snapshot.catalog();
        let known = known(catalog, id)?;
        let role = change.role.unwrap_or(known.role);
        if role != Role::Owner {
            keep_an_owner(catalog, &known)?;
        }
        let grants = change.grants.as_ref().map(Grants::parse).transpose()?;
        let new_password = new_password_hash.is_some();
        let user = User {
            name: change.name.unwrap_or_else(|| known.name.clone()),
            role,
            grants: grants.unwrap_or_else(|| known.grants.clone()),
            password_hash: new_password_hash.unwrap_or_else(|| known.password_hash.clone()),
            ..(*known).clone()
        };
        let rights = if role == Role::Owner { Grants::full() } else { user.grants.clone() };
        let mut tokens = descendants(catalog, &format!("human:{}", known.id));
        let fits = |id: &String| {
            catalog.tokens.values().any(|token| &token.id == id && token.grants.are_within(&rights))
        };
        tokens.retain(|id| !fits(id));
        let mut operations = vec![put_user(&user, None)?];
        operations.extend(revocations(&tokens)?);
        if new_password {
            operations.extend(ends_of_sessions(catalog, &known.id, |_| true)?);
        }
        self.write_user(caller, operations).await?;
        Ok(user_json(&user))
    }

    /// Removes a person, with their sessions and the tokens they made.
    ///
    /// # Errors
    /// As [`Self::change_user`].
    pub async fn delete_user(&self, caller: &Caller, id: &str) -> Result<Value> {
        authorise(&caller.principal, Op::UserDelete, Target::ACCOUNT)?;
        self.require_proof(caller, SUBJECT)?;
        let _turn = self.doors.people.lock().await;
        let snapshot = self.engine.snapshot();
        let catalog = snapshot.catalog();
        let known = known(catalog, id)?;
        keep_an_owner(catalog, &known)?;
        let key = RowKey::Id(RowId::parse(&known.id)?);
        let mut operations =
            vec![Operation::Delete { table: TableId::USERS, key, if_version: None }];
        operations.extend(revocations(&descendants(catalog, &format!("human:{}", known.id)))?);
        operations.extend(ends_of_sessions(catalog, &known.id, |_| true)?);
        self.write_user(caller, operations).await?;
        Ok(json!({"id": known.id, "deleted": true}))
    }

    async fn write_user(&self, caller: &Caller, operations: Vec<Operation>) -> Result<()> {
        self.engine.write(Frame::new(caller.origin(), operations)).await?;
        self.forget_results();
        Ok(())
    }
}

/// A person by id or login.
fn known(catalog: &Catalog, id: &str) -> Result<Arc<User>> {
    let by_login = || catalog.users.values().find(|user| user.login == id.to_lowercase());
    let user = catalog.users.get(id).or_else(by_login).cloned();
    user.ok_or_else(|| {
        Error::not_found(format!("There is no person {id}; `rekor users list` shows them."))
    })
}

fn keep_an_owner(catalog: &Catalog, leaving: &User) -> Result<()> {
    let others = |user: &&Arc<User>| user.role == Role::Owner && user.id != leaving.id;
    if leaving.role == Role::Owner && !catalog.users.values().any(|user| others(&user)) {
        return Err(Error::conflict("This is the last owner; make another person an owner first."));
    }
    Ok(())
}
