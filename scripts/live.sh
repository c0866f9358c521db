#!/usr/bin/env bash
# Runs the static binary, or the COMMAND given, against a real organization, on two API keys that it creates and removes
# itself, and writes a report of what Coveo does not document. It touches no key that it did not create.
#
# It takes the variables of the tool, with a token that may create, view and edit API keys, and beside them:
#   LIVE_YES=1         do not ask
#   LIVE_REPORT=FILE   where the report goes (default: target/live-report.md)
#   LIVE_OTHER=URL     an endpoint without this organization (default: another region of Coveo's)
set -euo pipefail

die() { printf 'live: %s\n' "$*" >&2; exit 2; }

# No program that is started here gets the token in its environment or its arguments: it goes through pipes.
export -n token secrets
if [ -n "${COVEO_ACCESS_TOKEN_FILE:-}" ]; then
    [ -z "${COVEO_ACCESS_TOKEN:-}" ] || die "COVEO_ACCESS_TOKEN and COVEO_ACCESS_TOKEN_FILE are both set"
    token=$(cat -- "$COVEO_ACCESS_TOKEN_FILE")
else
    token=${COVEO_ACCESS_TOKEN:-}
fi
organization=${COVEO_ORGANIZATION_ID:-}
region=${COVEO_REGION:-}
endpoint=${COVEO_ENDPOINT:-}
unset COVEO_ACCESS_TOKEN COVEO_ACCESS_TOKEN_FILE COVEO_ORGANIZATION_ID COVEO_REGION COVEO_ENDPOINT

[[ $token =~ ^[A-Za-z0-9._~+/=-]{8,}$ ]] || die "COVEO_ACCESS_TOKEN or COVEO_ACCESS_TOKEN_FILE has to hold an access token"
[[ $organization =~ ^[A-Za-z0-9_-]+$ ]] || die "COVEO_ORGANIZATION_ID has to hold an organization's ID"

platform() { case $1 in us) echo https://platform.cloud.coveo.com ;; hipaa) echo https://platformhipaa.cloud.coveo.com ;;
    *) echo "https://platform-$1.cloud.coveo.com" ;; esac; }
loopback='^http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?$'
is_endpoint() { [[ $1 =~ $loopback || $1 =~ ^https://[A-Za-z0-9.-]+(:[0-9]+)?$ ]]; }
[ -z "$region" ] || [ -z "$endpoint" ] || die "COVEO_REGION and COVEO_ENDPOINT are both set"
for given in "$organization" "$region" "$endpoint" "${LIVE_OTHER:-}"; do
    [[ $given != *"$token"* ]] || die "another variable contains the access token"
done
region=$(tr '[:upper:]' '[:lower:]' <<<"$region")
[[ ${region:-us} =~ ^(us|ca|eu|au|hipaa)$ ]] || die "COVEO_REGION is not a region of Coveo's"
endpoint=${endpoint:-$(platform "${region:-us}")}
endpoint=${endpoint%/}
is_endpoint "$endpoint" || die "COVEO_ENDPOINT has to be https://HOST or https://HOST:PORT"
[ -z "${LIVE_OTHER:-}" ] || is_endpoint "$LIVE_OTHER" || die "LIVE_OTHER has to be https://HOST or https://HOST:PORT"

root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] || set -- "${CARGO_TARGET_DIR:-$root/target}/x86_64-unknown-linux-musl/release/coveo-delete-key"
command=("$@")
for program in curl jq; do command -v "$program" >/dev/null || die "$program is missing"; done
version=$("${command[@]}" --version) || die "$1 can't be run: make static builds it"
report=${LIVE_REPORT:-${CARGO_TARGET_DIR:-$root/target}/live-report.md}
run=$(date -u +%Y%m%dT%H%M%SZ)-$RANDOM$RANDOM
names=("coveo-delete-key live test $run, 1" "coveo-delete-key live test $run, 2")
# No organization has this ID: those of Coveo's end in eight letters and digits.
elsewhere=${organization}nosuchorganization
wrong_token=xx00000000-0000-4000-8000-000000000000

cat <<TEXT
live: this creates two API keys without privileges in $organization ($endpoint):
live:   ${names[0]}
live:   ${names[1]}
live: disables and deletes them with $version, checks each step by a request of its own, and
live: removes what is left of them. No other key is touched. Requests go to the organization
live: $elsewhere too, which is to be wrong, and with this
live: organization's ID and token to ${LIVE_OTHER:-another region of Coveo\'s}. The report goes to $report.
TEXT
if [ "${LIVE_YES:-}" != 1 ]; then
    [ -t 0 ] || die "standard input is no terminal, so nothing can be asked: set LIVE_YES=1"
    read -r -p 'live: go on? [y/N] ' answer
    [[ $answer =~ ^[Yy]([Ee][Ss])?$ ]] || die "nothing was done"
fi
mkdir -p "$(dirname "$report")"
: >"$report"

secrets=("$token")
ids=()
unsure=()
rows=()
probes=()
failed=0
ended_by=
creating=
folder=$(mktemp -d)

# mask: standard input without the token and the keys' values, in any case.
mask() {
    local text secret
    shopt -s nocasematch
    text=$(cat)
    for secret in "${secrets[@]}"; do text=${text//"$secret"/'***'}; done
    printf '%s\n' "$text"
}

say() { printf 'live: %s\n' "$*" | mask; }
fail() { failed=$((failed + 1)); say "NOT AS EXPECTED: $*"; }

# request METHOD URL [BODY]: asks with curl. Leaves the answer in status (000 if there is none), body and the file
# "$folder/headers".
request() {
    local answer options=(--request "$1" --header @- --header 'Accept: application/json' --header 'Cache-Control: no-cache'
        --silent --show-error --max-time 30 --suppress-connect-headers --dump-header "$folder/headers"
        --write-out '\n%{http_code}')
    [ $# -lt 3 ] || options+=(--header 'Content-Type: application/json' --data "$3")
    [ -z "${SSL_CERT_FILE:-}" ] || options+=(--cacert "$SSL_CERT_FILE")
    # curl would ask a proxy for this machine too, and send the token through it in clear text.
    [[ ! $2 =~ ^http: ]] || options+=(--noproxy '*')
    : >"$folder/headers"
    answer=$(
        # The answer to a change is waited for, or it would not be known what was done.
        [ "$1" = GET ] || trap '' INT TERM HUP
        printf 'Authorization: Bearer %s\n' "${bearer:-$token}" |
            curl --disable "${options[@]}" "$2" 2>"$folder/curl.err"
    ) || true
    status=${answer##*$'\n'}
    body=${answer%$'\n'*}
    [ "$status" != 000 ] || say "no answer to $1 ${2%%\?*}: $(cat "$folder/curl.err")"
}

# fields FILTER...: what jq finds in the body for each, on a line of its own; no line where the body is no JSON. Starting
# jq takes longer than a request, so here as elsewhere it is started once for all.
fields() {
    local filters
    filters=$(printf ', [(try (%s) catch empty), null][0]' "$@")
    printf '%s' "$body" | jq -r "${filters#, } | . // \"\" | tostring | gsub(\"[[:cntrl:]]+\"; \" \")" 2>/dev/null
}

keys_of() { echo "$endpoint/rest/organizations/$organization/apikeys"; }

# create NAME: creates a key without privileges, and notes its ID and value.
create() {
    local id value name problem created=
    creating=1
    request POST "$(keys_of)" '{"displayName": "'"$1"'", "privileges": [], "enabled": true,
        "description": "A test of coveo-delete-key; may be deleted."}'
    { IFS= read -r id; IFS= read -r value; IFS= read -r name; IFS= read -r problem; } < <(
        fields .id .value .displayName '.errorCode // .message') || true
    [ -z "$value" ] || secrets+=("$value")
    if [[ $status == 2* && $id =~ ^[A-Za-z0-9_-]+$ && $name == "$1" ]]; then
        ids+=("$id")
        created=1
        say "created $id \"$1\""
    elif [[ $status != 4* ]]; then
        unsure+=("$1")
    fi
    creating=
    [ -z "$ended_by" ] || exit 1
    [ -n "$created" ] || { fail "no key was created: $status $problem"; exit 1; }
}

# look INDEX...: leaves in $now what GETs of our own say of these keys, such as "enabled, gone": enabled, disabled or gone;
# foreign if one has not the name that we gave it.
look() {
    local index answers=
    for index; do
        request GET "$(keys_of)/${ids[$index]}"
        answers+=$(printf '%s\036' "$status" "${ids[$index]}" "${names[$index]}" "$body")
    done
    now=$(printf '%s' "$answers" | jq -rRs 'split("\u001e")[:-1] | [range(0; length; 4) as $at | .[$at:$at + 4]
        | . as [$status, $id, $name, $body] | $body | if $status == "404" then "gone"
        elif $status != "200" then "unclear (\($status))"
        else (try fromjson catch null) | if type != "object" then "unclear (no JSON)"
        elif .id != $id or .displayName != $name then "foreign"
        elif .enabled then "enabled" else "disabled" end end] | join(", ")') || now="unclear (no answer from jq)"
}

# await STATES: waits up to 3 s until the two keys are so, and leaves in $states how they are.
await() {
    local try
    for try in 1 2 3 4; do
        look 0 1
        states=$now
        [ "$states" != "$1" ] || return 0
        [ "$try" = 4 ] || sleep 1
    done
    return 1
}

# ours: ends the run unless both keys are ours, and as the last step left them. Called before each change.
ours() {
    look 0 1
    if [ "$now" != "$states" ] || [[ $now == *foreign* || $now == *unclear* ]]; then
        fail "the keys are $now instead of $states, so nothing more is done to them"
        exit 1
    fi
}

# step TITLE EXPECTED STATES ARGUMENT...: runs the tool; EXPECTED is a pattern of "EXIT OUTCOME...". The variables as, org
# and url may name another token, organization and endpoint.
step() {
    local title=$1 said exit=0 got codes verdict=yes
    ours
    said=$(printf '%s' "${as:-$token}" |
        "${command[@]}" --json --yes --org "${org:-$organization}" --endpoint "${url:-$endpoint}" --token-file - \
            "${@:4}" 2>"$folder/stderr") || exit=$?
    { IFS= read -r got; IFS= read -r codes; } < <(printf '%s' "$said" | jq -rs '([.[].outcome] | join(" ")),
        ([.[] | "\(.httpStatus // "-") \(.errorCode // "-")"] | join(";"))') || true
    got="$exit $got"
    say "$title: exit status $got ($codes)"
    mask <"$folder/stderr" | sed '/^$/d; s/^/      /'
    [[ $got =~ ^($2)$ ]] || { verdict=no; fail "$title: expected $2"; }
    await "$3" || { verdict=no; fail "$title: the keys are $states instead of $3"; }
    rows+=("| $title | $got | ${codes//|/ } | $states | $verdict |")
}

# probe TITLE METHOD URL [BODY]: asks with curl, for the report.
probe() {
    [ "$2" = GET ] || ours
    bearer=${as:-} request "${@:2}"
    local code message
    { IFS= read -r code; IFS= read -r message; } < <(fields 'objects | .errorCode // .code // .type // .title' \
        'objects | .message // .detail // .error_description') || true
    say "$1: $status ${code:-without a code}"
    probes+=("$(printf '### %s\n\n    %s %s %s\n' "$1" "$status" "${code:-(no code)}" "$message"
        tr -d '\r' <"$folder/headers" | awk -F : 'NF > 1 {
                $0 = tolower($1) substr($0, length($1) + 1)
                if (/^(date|age|retry-after|cache-control|content-type|via|x-request-id|x-coveo-waf-action):/) print "    " $0
                else others = others " " $1
            }
            END { if (others) print "    other headers:" others }')")
}

write_report() {
    local header
    mask <<TEXT | cat -s >"$report"
# $version against a real organization

$(date -u +%Y-%m-%dT%H:%M:%SZ), $endpoint, $(curl --version | head -n 1 | cut -d ' ' -f 1,2)

Not as expected: $failed$([ -z "$ended_by" ] || echo ". The run was interrupted by SIG$ended_by.")

## What the tool said

| step | exit status and outcomes | HTTP status and code | both keys afterwards | as expected |
| --- | --- | --- | --- | --- |
$(printf '%s\n' "${rows[@]+"${rows[@]}"}")

## What is not documented

$(printf '%s\n\n' "${probes[@]+"${probes[@]}"}")

$(for header in Retry-After Age; do
    if grep -qi "^ *$header:" <<<"${probes[*]-}"; then echo "- $header was sent"; else echo "- $header was not sent"; fi
done)
TEXT
    say "the report is in $report"
}

# remove INDEX: removes a key that is left, if it is ours.
remove() {
    local try
    look "$1"
    case $now in
        gone) return ;;
        enabled | disabled) request DELETE "$(keys_of)/${ids[$1]}" ;;
    esac
    for try in 1 2 3; do
        look "$1"
        [ "$now" != gone ] || { say "removed ${ids[$1]}"; return; }
        [ "$try" = 3 ] || sleep 1
    done
    fail "${ids[$1]} \"${names[$1]}\" may be left: it is $now"
}

finish() {
    local code=$? index name
    trap '' INT TERM HUP
    set +e
    [ "$code" = 0 ] || say "cleaning up"
    for index in "${!ids[@]}"; do remove "$index"; done
    for name in "${unsure[@]+"${unsure[@]}"}"; do
        fail "\"$name\" may have been created, and its ID is not known: look for it in the console"
    done
    write_report
    rm -rf "$folder"
    trap - EXIT
    if [ -n "$ended_by" ]; then
        trap - "$ended_by"
        kill -s "$ended_by" $$
    fi
    [ "$code" != 0 ] || [ "$failed" = 0 ] || code=1
    exit "$code"
}

# interrupted SIGNAL: ends the run, but not before the ID of a key that is being created is known.
interrupted() {
    ended_by=$1
    [ -n "$creating" ] || exit 1
}

trap finish EXIT
for signal in INT TERM HUP; do
    # shellcheck disable=SC2064 # It is to be expanded now.
    trap "interrupted $signal" "$signal"
done

# find_elsewhere: leaves in $other an endpoint that does not know the first key; nothing if there is none.
find_elsewhere() {
    local candidate
    other=${LIVE_OTHER:-}
    [ -z "$other" ] && [[ $endpoint =~ ^https://[a-z0-9.-]+\.coveo\.com$ ]] || return 0
    for candidate in eu us ca au; do
        candidate=$(platform "$candidate")
        [ "$candidate" != "$endpoint" ] || continue
        # The organization's own endpoint leads to one of the regions.
        request GET "$candidate/rest/organizations/$organization/apikeys/${ids[0]}"
        [ "$status" = 200 ] || { other=$candidate; return; }
    done
}

for name in "${names[@]}"; do create "$name"; done
await "enabled, enabled" || { fail "the new keys are $states"; exit 1; }
first=$(keys_of)/${ids[0]}
both="[\"${ids[0]}\",\"${ids[1]}\"]"

step "dry run" "0 wouldDelete" "enabled, enabled" --dry-run "${ids[0]}"
probe "GET of the token's privileges" GET "$endpoint/rest/organizations/$organization/privileges/token"
as=$wrong_token step "wrong token" "3 unauthorized" "enabled, enabled" "${ids[0]}"
as=$wrong_token probe "GET with a wrong token" GET "$first"
# It is not documented which answer these get, but no success and no "no such key" may be made of it.
org=$elsewhere step "wrong organization" "2 organizationNotFound|[13] un.*|4 forbidden" "enabled, enabled" "${ids[0]}"
probe "GET in another organization" GET "$endpoint/rest/organizations/$elsewhere/apikeys/${ids[0]}"
find_elsewhere
if [ -n "$other" ]; then
    url=$other step "wrong region" "2 organizationNotFound|[136] un.*|4 forbidden" "enabled, enabled" "${ids[0]}"
    probe "GET in another region" GET "$other/rest/organizations/$organization/apikeys/${ids[0]}"
fi

step "disable" "0 disabled" "disabled, enabled" --disable "${ids[0]}"
step "delete" "0 deleted" "gone, enabled" "${ids[0]}"
# 204 for a missing key is what the documentation of the operation may mean.
step "delete again" "5 notFound|0 deleted" "gone, enabled" "${ids[0]}"
probe "GET of a missing key" GET "$first"
probe "DELETE of a missing key" DELETE "$first"
probe "bulk, disabling a missing key and one that is there" PUT "$(keys_of)/disable/bulk" "$both"
# Whether the second key is disabled now tells whether a bulk request is carried out in part.
sleep 1
look 0 1
states=$now
probes+=("Afterwards the keys are: $states.")
step "bulk" "5 notFound deleted|0 deleted deleted" "gone, gone" --bulk "${ids[@]}"
probe "bulk, deleting two missing keys" POST "$(keys_of)/delete/bulk" "$both"

[ "$failed" != 0 ] || say "all as expected"
