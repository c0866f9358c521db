//! Maps requests to operations. Duplicating, rotating and extending keys isn't implemented, nor anything not about
//! keys.

use super::journal::Recorded;

pub(super) enum Operation {
    List,
    Create,
    Show(String),
    Update(String),
    One(Change, String),
    Several(Change),
    Privileges,
}

#[derive(Clone, Copy)]
pub(super) enum Change {
    Delete,
    Disable,
    Activate,
}

/// Why an operation was refused: status, error code and message.
pub(super) struct Refusal(pub u16, pub &'static str, pub String);

/// The organization in the path, and the operation.
pub(super) fn route(request: &Recorded) -> Result<(String, Operation), Refusal> {
    use {Change::*, Operation::*};

    let segments: Vec<&str> = request.path.split('/').skip(1).collect();
    let nowhere = || Refusal(404, "NOT_FOUND", format!("There is nothing at {}.", request.path));
    let ["rest", "organizations", id, rest @ ..] = segments.as_slice() else { return Err(nowhere()) };
    let operation = match (rest, request.method.as_str()) {
        (["apikeys"], "GET") => Ok(List),
        (["apikeys"], "POST") => Ok(Create),
        (["apikeys", "delete", "bulk"], "POST") => Ok(Several(Delete)),
        (["apikeys", "disable", "bulk"], "PUT") => Ok(Several(Disable)),
        (["apikeys", "activate", "bulk"], "PUT") => Ok(Several(Activate)),
        (["apikeys", key, "disable"], "PUT") => Ok(One(Disable, (*key).to_owned())),
        (["apikeys", key, "activate"], "PUT") => Ok(One(Activate, (*key).to_owned())),
        (["apikeys", key], "GET") if !key.is_empty() => Ok(Show((*key).to_owned())),
        (["apikeys", key], "PUT") if !key.is_empty() => Ok(Update((*key).to_owned())),
        (["apikeys", key], "DELETE") if !key.is_empty() => Ok(One(Delete, (*key).to_owned())),
        (["privileges", "token"], "GET") => Ok(Privileges),
        (["apikeys"], _)
        | (["apikeys", _, "disable" | "activate" | "bulk"], _)
        | (["privileges", "token"], _) => Err(not_allowed(request)),
        (["apikeys", key], _) if !key.is_empty() => Err(not_allowed(request)),
        _ => Err(nowhere()),
    };
    Ok(((*id).to_owned(), operation?))
}

pub(super) fn denied(message: String) -> Refusal {
    Refusal(403, "ACCESS_DENIED", message)
}

fn not_allowed(request: &Recorded) -> Refusal {
    Refusal(405, "METHOD_NOT_ALLOWED", format!("{} is not supported at {}.", request.method, request.path))
}
