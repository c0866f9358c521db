//! The operations of Coveo's API on API keys: privileges, effects and responses.

use serde_json::{Value, json};

use super::http::Response;
use super::journal::Recorded;
use super::key::{ApiKey, Date};
use super::organization::{Organization, State};
use super::routes::{Change, Operation, Refusal, denied, route};
use super::token::{Privilege, Standing};
use super::unknowns::{MissingKey, OtherOrganization};

/// The status and body of a response, or the refusal.
type Reply = Result<(u16, Option<Value>), Refusal>;

/// Carries out a request. Returns the response, and whether anything was done.
pub(super) fn carry_out(organization: &Organization, request: &Recorded) -> (Response, bool) {
    let id = organization.draw_request_id();
    let mut partial = false;
    match reply(organization, request, &mut partial) {
        Ok((status, json)) => (Response::with_json(status, json).header("X-Request-ID", &id), true),
        Err(Refusal(status, code, message)) => {
            let form = organization.unknowns.error_form(status, code);
            (Response::error(form, status, code, &message, &id), partial)
        }
    }
}

fn reply(organization: &Organization, request: &Recorded, partial: &mut bool) -> Reply {
    let now = organization.date();
    let unknowns = &organization.unknowns;
    let mut state = organization.state();
    let mut privileges = authorize(&state, request)?;
    let (named, operation) = route(request)?;
    let elsewhere = named != organization.id();
    if elsewhere {
        privileges = enter_other(unknowns.other_organization, &named)?;
    } else if state.paused {
        let message = format!("Organization '{named}' is paused.");
        return Err(Refusal(400, "ORGANIZATION_IS_PAUSED", message));
    }
    let may = |kind: &str, target: &str| privileges.iter().any(|privilege| privilege.covers(kind, target));
    let missing = |id: &str| missing(unknowns.missing_key, id);
    let require = |kind: &str, target: &str| match may(kind, target) {
        true => Ok(()),
        false if target != "*" && (elsewhere || unknowns.hides_keys) => Err(missing(target)),
        false => Err(denied(format!("The privilege to {kind} API_KEY '{target}' is required."))),
    };
    match operation {
        Operation::Privileges => Ok((200, Some(privileges.iter().map(Privilege::json).collect()))),
        Operation::List => {
            require("VIEW", "*")?;
            list(organization, &state, &request.query)
        }
        Operation::Create => {
            require("CREATE", "*")?;
            create(organization, &mut state, &request.body, now)
        }
        Operation::Show(id) => {
            require("VIEW", &id)?;
            let key = state.key(&id).ok_or_else(|| missing(&id))?;
            Ok((200, Some(key.json(organization.id()))))
        }
        Operation::Update(id) => {
            require("EDIT", &id)?;
            rename(state.key(&id).ok_or_else(|| missing(&id))?, &object(&request.body)?);
            Ok((204, None))
        }
        Operation::One(change, id) => {
            require("EDIT", &id)?;
            if let Some((status, code)) = unknowns.refused_changes {
                return Err(Refusal(status, code, format!("The API key '{id}' does not exist.")));
            }
            match apply(&mut state, change, &id, &now) || unknowns.missing_key == MissingKey::NoContent {
                true => Ok((204, None)),
                false => Err(missing(&id)),
            }
        }
        Operation::Several(change) => {
            // A token that may edit no key at all is refused before the list is read; this is a guess.
            if !privileges.iter().any(|privilege| privilege.kind == "EDIT") {
                require("EDIT", "*")?;
            }
            let ids = id_list(&request.body)?;
            if let Some((status, code)) = unknowns.refused_changes {
                return Err(Refusal(status, code, "An API key does not exist.".to_owned()));
            }
            let lenient = unknowns.missing_key == MissingKey::NoContent;
            let mut is_bad = |id: &&String| !may("EDIT", id) || !lenient && state.key(id).is_none();
            let Some(bad) = ids.iter().find(&mut is_bad) else {
                ids.iter().for_each(|id| _ = apply(&mut state, change, id, &now));
                return Ok((204, None));
            };
            if unknowns.partial_bulk {
                for id in ids.iter().take(ids.len().div_ceil(2)).filter(|id| may("EDIT", id)) {
                    *partial |= apply(&mut state, change, id, &now);
                }
            }
            let message = format!("The API key '{bad}' does not exist or can't be edited.");
            let (status, code) = unknowns.bulk_refusal;
            Err(Refusal(status, code, message))
        }
    }
}

/// The privileges of the request's token.
fn authorize(state: &State, request: &Recorded) -> Result<Vec<Privilege>, Refusal> {
    let header = request.header("Authorization").unwrap_or_default();
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => token.trim(),
        _ => "",
    };
    let refused = |code, message: &str| Err(Refusal(401, code, message.to_owned()));
    match state.tokens.get(token) {
        Some(Standing::Valid(privileges)) => Ok(privileges.clone()),
        Some(Standing::Expired) => refused("INVALID_TOKEN", "The access token has expired."),
        None if !token.is_empty() => refused("INVALID_TOKEN", "Token is invalid."),
        None => refused("UNAUTHORIZED", "Full authentication is required to access this resource."),
    }
}

fn list(organization: &Organization, state: &State, query: &str) -> Reply {
    let all = match query {
        "" => true,
        "status=DEACTIVATED" => false,
        _ => return Err(bad_request(format!("The fake organization has no list with '{query}'."))),
    };
    let keys = state.keys().filter(|key| all || key.is_deactivated());
    Ok((200, Some(keys.map(|key| key.json(organization.id())).collect())))
}

fn create(organization: &Organization, state: &mut State, body: &[u8], now: Date) -> Reply {
    let wanted = object(body)?;
    let id = state.draw_id();
    let mut key = ApiKey { created_date: now.clone(), display_name: String::new(), ..ApiKey::new(&id) };
    rename(&mut key, &wanted);
    key.activation_date = now.clone();
    if wanted["enabled"] == json!(false) {
        key.disable(now);
    }
    if !wanted["privileges"].is_null() {
        key.extra.insert("privileges".to_owned(), wanted["privileges"].clone());
    }
    // The only response with the whole value.
    let mut shown = key.json(organization.id());
    shown["value"] = key.value().into();
    state.add(key);
    Ok((201, Some(shown)))
}

fn rename(key: &mut ApiKey, wanted: &Value) {
    for (field, name) in [(&mut key.display_name, "displayName"), (&mut key.description, "description")] {
        if let Some(text) = wanted[name].as_str() {
            text.clone_into(field);
        }
    }
}

/// Changes one key; false if it does not exist. A token that is the value of a key works only while the key does.
fn apply(state: &mut State, change: Change, id: &str, now: &Date) -> bool {
    if !matches!(change, Change::Activate) {
        state.revoke_value(id);
    }
    match (change, state.key(id)) {
        (_, None) => return false,
        (Change::Delete, Some(_)) => _ = state.remove(id),
        (Change::Disable, Some(key)) => key.disable(now.clone()),
        (Change::Activate, Some(key)) => key.activate(now.clone()),
    }
    true
}

fn id_list(body: &[u8]) -> Result<Vec<String>, Refusal> {
    serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|list| list.as_array()?.iter().map(|id| id.as_str().map(str::to_owned)).collect())
        .ok_or_else(|| bad_request("The body has to be a JSON array of IDs.".to_owned()))
}

fn object(body: &[u8]) -> Result<Value, Refusal> {
    let value = serde_json::from_slice::<Value>(body).ok().filter(Value::is_object);
    value.ok_or_else(|| bad_request("The body has to be a JSON object.".to_owned()))
}

/// The privileges of every token in the other organization `named`.
fn enter_other(kind: OtherOrganization, named: &str) -> Result<Vec<Privilege>, Refusal> {
    match kind {
        OtherOrganization::NotFound(code) => {
            Err(Refusal(404, code, format!("Organization '{named}' does not exist.")))
        }
        OtherOrganization::Denied => {
            Err(denied(format!("The access token has no access to the organization '{named}'.")))
        }
        OtherOrganization::Unproven => Ok(Vec::new()),
    }
}

fn missing(kind: MissingKey, id: &str) -> Refusal {
    let code = match kind {
        MissingKey::NotFound(code) => code,
        MissingKey::NoContent => "API_KEY_NOT_FOUND",
    };
    Refusal(404, code, format!("The API key '{id}' does not exist."))
}

fn bad_request(message: String) -> Refusal {
    Refusal(400, "BAD_REQUEST", message)
}
