#Requires -Version 5.1
#Requires -RunAsAdministrator
# Written by ptl-cert for @@ABOUT@@. Do not edit: the next export replaces this file.
# NOT YET RUN ON WINDOWS. It follows Microsoft's documentation and was checked by a PowerShell grammar.
@@EXPIRED@@#
# Fetches the CRLs and loads them into LocalMachine\CA, where http.sys looks for them. Each step is run, whatever became of
# those before: a CRL that cannot be fetched keeps no other from the store. The exit status is that of the last step that failed.
[CmdletBinding()]
param(
    [string] $Program = (Join-Path $env:ProgramFiles 'ptl-cert\ptl-cert.exe'),
    # The cache of CRLs.
    [string] $Cache = (Join-Path $env:ProgramData 'ptl-cert\crl'),
    # A file with environments and CAs of your own; without it, facts.toml of this folder, where the export wrote one.
    [string] $Facts = '',
    # CRLs that no address leads to: files or URLs of a download page or a mirror, with ; between them.
    [string] $Import = '',
    # The certificate of one more client that calls, or a folder with several: its CRL distribution point names its partition.
    # Those that the export was given are in clients.pem of this folder.
    [string] $Client = ''
)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$folder = Join-Path $PSScriptRoot 'crl'
if (-not $Facts) {
    $exported = Join-Path $PSScriptRoot 'facts.toml'
    if (Test-Path -LiteralPath $exported) { $Facts = $exported }
}
$clients = @()
$exported = Join-Path $PSScriptRoot 'clients.pem'
if (Test-Path -LiteralPath $exported) { $clients += $exported }
if ($Client) { $clients += $Client }
$common = @('--env', @@ENVIRONMENT@@, '--cache', $Cache)
if ($Facts) { $common += @('--facts', $Facts) }
$failed = 0

# The CRLs of the export, for those that no address leads to. One that is older than the cache's, or has expired, is rejected,
# which is no failure here.
$kit = @(Get-ChildItem -LiteralPath $PSScriptRoot -Filter '*.crl' | ForEach-Object { $_.FullName })
if ($kit.Count -gt 0) {
    $known = @('crl', 'import', '-q') + $common + $kit
    & $Program @known | Out-Null
}

$update = @('crl', 'update') + $common + $clients
& $Program @update
if ($LASTEXITCODE -ne 0) { $failed = $LASTEXITCODE }

$sources = @($Import -split ';' | Where-Object { $_ })
if ($sources.Count -gt 0) {
    $imported = @('crl', 'import') + $common + $sources
    & $Program @imported
    if ($LASTEXITCODE -ne 0) { $failed = $LASTEXITCODE }
}

$export = @('crl', 'export', '--for', 'iis', '--out-dir', $folder@@LEAVEOUT@@) + $common
foreach ($one in $clients) { $export += @('--client', $one) }
& $Program @export
if ($LASTEXITCODE -ne 0) { $failed = $LASTEXITCODE }

# Also where nothing is new: a load that failed last time is made up for.
$load = Join-Path $folder 'import-crl.ps1'
if (Test-Path -LiteralPath $load) {
    $powershell = Join-Path $env:SystemRoot 'System32\WindowsPowerShell\v1.0\powershell.exe'
    & $powershell -NoProfile -NonInteractive -ExecutionPolicy Bypass -File $load
    if ($LASTEXITCODE -ne 0) { $failed = $LASTEXITCODE }
} else {
    [Console]::Error.WriteLine("$load is missing: no CRL was written")
    if ($failed -eq 0) { $failed = 3 }
}
exit $failed
