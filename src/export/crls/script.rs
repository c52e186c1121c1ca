//! The script that imports CRLs into the Windows certificate store.

/// PowerShell 5.1 and later: loads each file into the store `LocalMachine\CA`, where Schannel and IIS look, and fails
/// when any could not be loaded.
///
/// By Microsoft's description of `certutil -addstore`; it has not been run on Windows. The names are letters, digits,
/// dots and hyphens ([`super::slug`]), so that they need no quoting; they are listed one by one because a folder may
/// hold another user's files.
pub(super) fn import(files: &[&str]) -> String {
    let crl: Vec<String> = files.iter().map(|file| format!("    '{file}'")).collect();
    let crl = crl.join(",\n");
    format!(
        r#"#Requires -RunAsAdministrator
# Loads the CRLs next to this script into LocalMachine\CA, where IIS (http.sys, Schannel) looks for them.
# A CRL of the same issuer and partition is replaced by the newer one. Written by ptl-cert; do not edit.
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$crls = @(
{crl}
)
$certutil = Join-Path $env:SystemRoot 'System32\certutil.exe'
$failed = @()
foreach ($crl in $crls) {{
    $path = Join-Path $PSScriptRoot $crl
    & $certutil -f -addstore CA $path
    if ($LASTEXITCODE -ne 0) {{ $failed += $crl }}
}}
if ($failed.Count -gt 0) {{
    [Console]::Error.WriteLine('not loaded: ' + ($failed -join ', '))
    exit 1
}}
Write-Output ('loaded: ' + $crls.Count)
exit 0
"#
    )
    .replace('\n', "\r\n")
}
