# Completion of coveo-delete-key for PowerShell.
Register-ArgumentCompleter -Native -CommandName 'coveo-delete-key' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
    $previous = if ($wordToComplete) { $words[-2] } else { $words[-1] }
    # PowerShell offers files if nothing is returned.
    if ($previous -cin @('-o', '--org', '--token-file', '--endpoint', '--cacert', '--timeout', '--retries', '--from', '--disabled-for', '--expired-for', '--unused-for', '--name', '--older-than', '--exclude', '--max')) { return }
    if ($previous -cin @('-r', '--region')) {
        @('us', 'ca', 'eu', 'au', 'hipaa') | Where-Object { $_ -like "$wordToComplete*" }
        return
    }
    if (-not $wordToComplete.StartsWith('-')) { return }
    @(
        , @('-o', 'the organization; required')
        , @('--org', 'the organization; required')
        , @('--token-file', 'read the access token from a file, - for standard input')
        , @('-r', 'the region: us (default), ca, eu, au or hipaa')
        , @('--region', 'the region: us (default), ca, eu, au or hipaa')
        , @('--endpoint', 'another base URL, such as https://ORG.admin.org.coveo.com')
        , @('--cacert', 'trust these PEM certificates instead of the built-in Mozilla roots')
        , @('--timeout', 'give up on a key after this long, such as 90, 500ms or 5m (default 60s)')
        , @('--retries', 'how many times to retry (default 4; 429 is retried until the time-out)')
        , @('--from', 'read key IDs from a file, one per line, - for standard input')
        , @('--disabled-for', 'only keys disabled at least AGE ago, such as 30d, 12h or 2w')
        , @('--expired-for', 'only keys expired at least AGE ago')
        , @('--unused-for', 'only enabled keys not used for AGE (at least 1d)')
        , @('--exposed', 'only keys that Coveo reports as exposed')
        , @('--name', 'only keys with this display name (* any text, ? one character; they can''t be escaped); can be repeated')
        , @('--older-than', 'only keys created at least AGE ago (only narrows)')
        , @('--exclude', 'no keys with this display name (only narrows); can be repeated')
        , @('--max', 'change nothing if more than N keys match (default 20)')
        , @('--disable', 'disable the keys instead of deleting them; can be undone')
        , @('--activate', 'activate disabled keys again; undoes --disable')
        , @('--list', 'show the keys, and change nothing')
        , @('-n', 'show what would happen, and change nothing')
        , @('--dry-run', 'show what would happen, and change nothing')
        , @('--ignore-not-found', 'a key that is already gone counts as a success')
        , @('-y', 'don''t ask; also change keys that only conditions selected')
        , @('--yes', 'don''t ask; also change keys that only conditions selected')
        , @('--bulk', 'one request for up to 100 keys')
        , @('--json', 'print one JSON object per key on standard output')
        , @('-q', 'print nothing on success, except for keys that only conditions selected')
        , @('--quiet', 'print nothing on success, except for keys that only conditions selected')
        , @('-v', 'print a line on standard error for every request')
        , @('--verbose', 'print a line on standard error for every request')
        , @('-h', 'print this help')
        , @('--help', 'print this help')
        , @('-V', 'print the version')
        , @('--version', 'print the version')
    ) | Where-Object { $_[0].StartsWith($wordToComplete, [StringComparison]::Ordinal) } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterName', $_[1])
    }
}
