#!/usr/bin/env bash
# Tries the static binary, or the COMMAND given, on a real organization, with two API keys that the script creates and
# removes itself. Writes a report of what Coveo doesn't document. Other keys are never touched.
#
# Needs the variables of the tool, with a token that may create, view and edit API keys. In addition:
#   LIVE_YES=1         don't ask
#   LIVE_REPORT=FILE   the report (default: target/live-report.md)
#   LIVE_OTHER=URL     an endpoint without this organization (default: another region)
set -euo pipefail

die() { printf 'live: %s\n' "$*" >&2; exit 2; }

# The token reaches other programs through pipes only, never in the environment or in arguments.
export -n token secrets
if [ -n "${COVEO_ACCESS_TOKEN_FILE:-}" ]; then
    [ -z "${COVEO_ACCESS_TOKEN:-}" ] || die "COVEO_ACCESS_TOKEN and COVEO_ACCESS_TOKEN_FILE are both set"
    token=$(cat -- "$COVEO_ACCESS_TOKEN_FILE")
else
    token=${COVEO_ACCESS_TOKEN:-}
fi
organization=${COVEO_ORGANIZATION_ID:-}
endpoint=${COVEO_ENDPOINT:-}
region=${COVEO_REGION:-}
unset COVEO_ACCESS_TOKEN COVEO_ACCESS_TOKEN_FILE COVEO_ORGANIZATION_ID COVEO_REGION COVEO_ENDPOINT

[[ $token =~ ^[A-Za-z0-9._~+/=-]{8,}$ ]] || die "COVEO_ACCESS_TOKEN or COVEO_ACCESS_TOKEN_FILE must contain an access token"
for value in "$organization" "$region" "$endpoint" "${LIVE_OTHER:-}"; do
    [[ $value != *"$token"* ]] || die "another variable contains the access token"
done
[[ $organization =~ ^[A-Za-z0-9_-]+$ ]] || die "COVEO_ORGANIZATION_ID must contain an organization's ID"
[ -z "$region" ] || [ -z "$endpoint" ] || die "COVEO_REGION and COVEO_ENDPOINT are both set"
platform() { case $1 in us) echo https://platform.cloud.coveo.com ;; hipaa) echo https://platformhipaa.cloud.coveo.com ;;
    *) echo "https://platform-$1.cloud.coveo.com" ;; esac; }
[[ ${region:=us} =~ ^(us|ca|eu|au|hipaa)$ ]] || die "COVEO_REGION must be us, ca, eu, au or hipaa"
endpoint=${endpoint:-$(platform "$region")}
endpoint=${endpoint%/}
other=${LIVE_OTHER:-}
[ -n "$other" ] || case $endpoint in
    https://platform-eu.cloud.coveo.com) other=$(platform us) ;;
    https://platform*.cloud.coveo.com) other=$(platform eu) ;;
esac
for value in "$endpoint" ${other:+"$other"}; do
    [[ $value =~ ^https://[A-Za-z0-9.-]+(:[0-9]+)?$ || $value =~ ^http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?$ ]] ||
        die "COVEO_ENDPOINT and LIVE_OTHER must be https://HOST or https://HOST:PORT"
done

root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] || set -- "${CARGO_TARGET_DIR:-$root/target}/x86_64-unknown-linux-musl/release/coveo-delete-key"
command=("$@")
for program in curl jq; do command -v "$program" >/dev/null || die "$program is missing"; done
version=$("${command[@]}" --version) || die "$1 can't be run: make static builds it"
report=${LIVE_REPORT:-${CARGO_TARGET_DIR:-$root/target}/live-report.md}
run=$(date -u +%Y%m%dT%H%M%SZ)-$RANDOM$RANDOM
names=("coveo-delete-key live test $run, 1" "coveo-delete-key live test $run, 2")
# No organization has this ID: Coveo's end in eight letters and digits.
elsewhere=${organization}nosuchorganization
keys=$endpoint/rest/organizations/$organization/apikeys

cat <<TEXT
live: this creates two API keys without privileges in $organization ($endpoint):
live:   ${names[0]}
live:   ${names[1]}
live: disables, activates and deletes them with $version, checks each step with curl, and removes
live: the rest. No other key is touched. Requests also go to the organization $elsewhere,
live: which is wrong${other:+, and with this ID and token to $other}. The report goes to $report.
TEXT
if [ "${LIVE_YES:-}" != 1 ]; then
    [ -t 0 ] || die "standard input isn't a terminal, so nobody can be asked: set LIVE_YES=1"
    read -r -p 'live: go on? [y/N] ' answer
    [[ $answer =~ ^[Yy]([Ee][Ss])?$ ]] || die "nothing was done"
fi
mkdir -p "$(dirname "$report")"
: >"$report"

secrets=("$token") ids=() unsure=() rows=() probes=()
failed=0 ended_by='' creating='' states=''
folder=$(mktemp -d)

# mask: copies standard input without the token and the keys' values, in any case.
mask() {
    local text secret
    shopt -s nocasematch
    text=$(cat)
    for secret in "${secrets[@]}"; do text=${text//"$secret"/'***'}; done
    printf '%s\n' "$text"
}
say() { printf 'live: %s\n' "$*" | mask; }
fail() { failed=$((failed + 1)); say "NOT AS EXPECTED: $*"; }

# request METHOD URL [BODY]: sets status (000 without a response) and body, and writes "$folder/headers".
request() {
    local answer options=(--request "$1" --header @- --header 'Accept: application/json' --silent --show-error
        --max-time 30 --suppress-connect-headers --dump-header "$folder/headers" --write-out '\n%{http_code}')
    [ $# -lt 3 ] || options+=(--header 'Content-Type: application/json' --data "$3")
    [ -z "${SSL_CERT_FILE:-}" ] || options+=(--cacert "$SSL_CERT_FILE")
    # curl would send the token to a proxy in clear text, even for this machine.
    [[ ! $2 =~ ^http: ]] || options+=(--noproxy '*')
    : >"$folder/headers"
    answer=$(
        # A change isn't interrupted, or its result would be unknown.
        [ "$1" = GET ] || trap '' INT TERM HUP
        printf 'Authorization: Bearer %s\n' "${bearer:-$token}" | curl --disable "${options[@]}" "$2" 2>"$folder/curl.err"
    ) || true
    status=${answer##*$'\n'}
    body=${answer%$'\n'*}
    [ "$status" != 000 ] || say "no response to $1 ${2%%\?*}: $(cat "$folder/curl.err")"
}

# field FILTER: prints what jq finds in the body, on one line; nothing if the body isn't JSON.
field() {
    jq -r "(try ($1) catch null) // \"\" | tostring | gsub(\"[[:cntrl:]]+\"; \" \")" <<<"$body" 2>/dev/null || true
}

# create NAME: creates a key without privileges, and stores its ID and value.
create() {
    local id value
    creating=1
    request POST "$keys" '{"displayName": "'"$1"'", "privileges": [], "enabled": true,
        "description": "A test of coveo-delete-key; may be deleted."}'
    id=$(field .id) value=$(field .value)
    [ -z "$value" ] || secrets+=("$value")
    if [[ $status == 2* && $id =~ ^[A-Za-z0-9_-]+$ && $(field .displayName) == "$1" ]]; then
        ids+=("$id")
        say "created $id \"$1\""
    else
        [[ $status == 4* ]] || unsure+=("$1")
        fail "no key was created: $status $(field '.errorCode // .message')"
        exit 1
    fi
    creating=
    [ -z "$ended_by" ] || exit 1
}

# look INDEX...: sets now to the states of these keys: enabled, disabled, gone, or foreign if a name isn't ours.
look() {
    local index state
    now=
    for index; do
        request GET "$keys/${ids[$index]}"
        case $status in
            404) state=gone ;;
            200) [ "$(field .id) $(field .displayName)" = "${ids[$index]} ${names[$index]}" ] && state=$(field .enabled) || state=foreign ;;
            *) state="unclear ($status)" ;;
        esac
        now+=${now:+, }$(sed 's/^true$/enabled/; s/^$/disabled/' <<<"$state")
    done
}

# await STATES: waits up to 3 s for these states of both keys, and sets states to the last ones.
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

# ours: ends the run unless both keys are ours and unchanged since the last step. Called before each change.
ours() {
    look 0 1
    if [ "$now" != "$states" ] || [[ $now == *foreign* || $now == *unclear* ]]; then
        fail "the keys are $now instead of $states, so they are left alone"
        exit 1
    fi
}

# step TITLE EXPECTED STATES ARGUMENT...: runs the tool; EXPECTED is a pattern of "EXIT OUTCOME...". The variables as, org
# and url set another token, organization and endpoint.
step() {
    local title=$1 lines exit=0 result codes ok=yes
    ours
    lines=$(printf '%s' "${as:-$token}" |
        "${command[@]}" --json --yes --org "${org:-$organization}" --endpoint "${url:-$endpoint}" --token-file - \
            "${@:4}" 2>"$folder/stderr") || exit=$?
    result="$exit $(jq -rs '[.[].outcome] | join(" ")' <<<"$lines")"
    codes=$(jq -rs '[.[] | "\(.httpStatus // "-") \(.errorCode // "-")"] | join(";")' <<<"$lines")
    say "$title: exit status $result ($codes)"
    mask <"$folder/stderr" | sed '/^$/d; s/^/      /'
    [[ $result =~ ^($2)$ ]] || { ok=no; fail "$title: expected $2"; }
    await "$3" || { ok=no; fail "$title: the keys are $states instead of $3"; }
    rows+=("| $title | $result | ${codes//|/ } | $states | $ok |")
}

# probe TITLE METHOD URL [BODY]: sends a request with curl, for the report.
probe() {
    [ "$2" = GET ] || ours
    bearer=${as:-} request "${@:2}"
    local code message
    code=$(field 'objects | .errorCode // .code // .type // .title')
    message=$(field 'objects | .message // .detail // .error_description')
    say "$1: $status ${code:-without a code}"
    probes+=("$(printf '### %s\n\n    %s %s %s\n' "$1" "$status" "${code:-(no code)}" "$message"
        tr -d '\r' <"$folder/headers" | sed -nE 's/^(date|age|retry-after|cache-control|via|x-request-id):/    \L\1:/Ip')")
}

write_report() {
    mask <<TEXT >"$report"
# $version against a real organization

$(date -u +%Y-%m-%dT%H:%M:%SZ), $endpoint

Not as expected: $failed$([ -z "$ended_by" ] || echo ". The run was interrupted by SIG$ended_by.")

| step | exit status and outcomes | HTTP status and code | both keys afterwards | as expected |
| --- | --- | --- | --- | --- |
$(printf '%s\n' "${rows[@]+"${rows[@]}"}")

## What is not documented

$(printf '%s\n\n' "${probes[@]+"${probes[@]}"}")
TEXT
    say "the report is in $report"
}

# remove INDEX: removes a key that is left, if it is ours.
remove() {
    local try
    for try in 1 2 3; do
        look "$1"
        case $now in
            gone) [ "$try" = 1 ] || say "removed ${ids[$1]}"; return ;;
            enabled | disabled) request DELETE "$keys/${ids[$1]}" ;;
        esac
        [ "$try" = 1 ] || sleep 1
    done
    look "$1"
    [ "$now" = gone ] || fail "${ids[$1]} \"${names[$1]}\" may be left: it is $now"
}

finish() {
    local code=$? index name
    trap '' INT TERM HUP
    set +e
    for index in "${!ids[@]}"; do remove "$index"; done
    for name in "${unsure[@]+"${unsure[@]}"}"; do
        fail "\"$name\" may have been created, but its ID is unknown: look for it in the console"
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

# interrupted SIGNAL: ends the run, but not while the ID of a new key is unknown.
interrupted() {
    ended_by=$1
    [ -n "$creating" ] || exit 1
}

trap finish EXIT
for signal in INT TERM HUP; do
    # shellcheck disable=SC2064 # The signal is expanded now.
    trap "interrupted $signal" "$signal"
done

for name in "${names[@]}"; do create "$name"; done
await "enabled, enabled" || { fail "the new keys are $states"; exit 1; }
first=$keys/${ids[0]}
both="[\"${ids[0]}\",\"${ids[1]}\"]"
wrong_token=xx00000000-0000-4000-8000-000000000000

step "dry run" "0 wouldDelete" "enabled, enabled" --dry-run "${ids[0]}"
probe "GET of the token's privileges" GET "$endpoint/rest/organizations/$organization/privileges/token"
as=$wrong_token step "wrong token" "3 unauthorized" "enabled, enabled" "${ids[0]}"
as=$wrong_token probe "GET with a wrong token" GET "$first"
# The response isn't documented, but it must never become a success or "no such key".
org=$elsewhere step "wrong organization" "2 organizationNotFound|[13] un.*|4 forbidden" "enabled, enabled" "${ids[0]}"
probe "GET in another organization" GET "$endpoint/rest/organizations/$elsewhere/apikeys/${ids[0]}"
if [ -n "$other" ]; then
    url=$other step "wrong region" "2 organizationNotFound|[136] un.*|4 forbidden" "enabled, enabled" "${ids[0]}"
    probe "GET in another region" GET "$other/rest/organizations/$organization/apikeys/${ids[0]}"
fi
step "disable" "0 disabled" "disabled, enabled" --disable "${ids[0]}"
step "activate" "0 activated" "enabled, enabled" --activate "${ids[0]}"
step "delete" "0 deleted" "gone, enabled" "${ids[0]}"
# The documentation may mean 204 for a missing key.
step "delete again" "5 notFound|0 deleted" "gone, enabled" "${ids[0]}"
probe "GET of a missing key" GET "$first"
probe "DELETE of a missing key" DELETE "$first"
probe "bulk request to disable a missing key and another" PUT "$keys/disable/bulk" "$both"
# Whether the second key is disabled now shows whether bulk requests are applied in part.
sleep 1
look 0 1
states=$now
probes+=("Afterwards the keys are: $states.")
step "bulk" "5 notFound deleted|0 deleted deleted" "gone, gone" --bulk "${ids[@]}"
probe "bulk request to delete two missing keys" POST "$keys/delete/bulk" "$both"

[ "$failed" != 0 ] || say "all as expected"
