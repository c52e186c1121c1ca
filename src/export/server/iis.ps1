#Requires -Version 5.1
#Requires -RunAsAdministrator
# Written by ptl-cert for @@ABOUT@@. Do not edit: the next export replaces this file.
# NOT YET RUN ON WINDOWS. It follows Microsoft's documentation and was checked with a PowerShell grammar; try it with -WhatIf first.
@@EXPIRED@@#
#   & .\install.ps1 -WhatIf       shows what it would do
#   & .\install.ps1               installs; reads the password of endpoint.pfx from keystore.password, or asks for it
#   & .\install.ps1 -Restore      puts the binding back as it was before the first run
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    # The site of IIS that serves the host; its URL Rewrite rule is written into the site's configuration.
    [string] $Site = 'Default Web Site',
    # A file with the password of endpoint.pfx; a password on the command line could be read by others.
    [string] $PasswordFile = (Join-Path $PSScriptRoot 'keystore.password'),
    # Restore the binding as it was.
    [switch] $Restore,
    # Also set the cipher suites of the whole machine, in the Spine's order.
    [switch] $SetSuites,
    # Where ptl-cert is on this machine, for the weekly task that fetches and loads the CRLs.
    [string] $Program = (Join-Path $env:ProgramFiles 'ptl-cert\ptl-cert.exe'),
    # Further arguments for update-crl.ps1 in the task, such as: -Facts D:\pki\facts.toml -Import https://crl.example/a.crl
    [string] $TaskArguments = '',
    # Do not create the weekly task.
    [switch] $NoTask
)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$hostName = @@HOST@@
$thumbprint = @@THUMBPRINT@@
$ipPort = @@IPPORT@@
$admitted = @@ADMITTED@@
$before = Join-Path $PSScriptRoot 'binding-before.json'
# The application ID of a binding that this script creates: always the same.
$ownAppId = '{7d5c2b1e-3f4a-4c0e-9a51-70746c636572}'
$roots = @(
@@ROOTS@@
)
$subs = @(
@@SUBS@@
)
$crls = @(
@@CRLS@@
)
$suites = @(
@@SUITES@@
)
$netsh = Join-Path $env:SystemRoot 'System32\netsh.exe'
$certutil = Join-Path $env:SystemRoot 'System32\certutil.exe'
$service = 'HKLM:\SYSTEM\CurrentControlSet\Services\HTTP\Parameters\SslBindingInfo'

# The flags of a binding as http.sys keeps them (HTTP_SERVICE_CONFIG_SSL_PARAM), each with its value.
function Get-Binding {
    $key = Join-Path $service $ipPort
    if (-not (Test-Path -LiteralPath $key)) { return $null }
    $values = Get-ItemProperty -LiteralPath $key
    $binding = [ordered] @{ IpPort = $ipPort }
    foreach ($property in $values.PSObject.Properties) {
        if ($property.Name -like 'PS*') { continue }
        $value = $property.Value
        if ($value -is [byte[]]) { $value = ([BitConverter]::ToString($value)).Replace('-', '') }
        $binding[$property.Name] = $value
    }
    return $binding
}

function Get-Number($binding, [string] $name) {
    if ($null -ne $binding -and $binding.Contains($name) -and $null -ne $binding[$name]) { return [long] $binding[$name] }
    return [long] 0
}

function Get-Text($binding, [string] $name, [string] $otherwise) {
    if ($null -ne $binding -and $binding.Contains($name) -and $binding[$name]) { return [string] $binding[$name] }
    return $otherwise
}

# The other bits of DefaultFlags, each with its netsh keyword. A keyword is used only if its bit is set, because older
# netsh versions refuse keywords that they do not know.
$newerFlags = [ordered] @{
    reject = 0x8; disablehttp2 = 0x10; disablequic = 0x20; disabletls13 = 0x40; disableocspstapling = 0x80
    enabletokenbinding = 0x100; logextendedevents = 0x200; disablelegacytls = 0x400; enablesessionticket = 0x800
    disabletls12 = 0x1000; disablesessionid = 0x4000
}

function Get-Switch([long] $value, [long] $bit) {
    if (($value -band $bit) -ne 0) { return 'enable' }
    return 'disable'
}

# http.sys keeps the application ID as 16 bytes; the first three groups are little-endian.
function Get-AppId($binding) {
    $hex = Get-Text $binding 'AppId' ''
    if ($hex.Length -ne 32) { return $ownAppId }
    $bytes = New-Object byte[] 16
    for ($i = 0; $i -lt 16; $i++) { $bytes[$i] = [Convert]::ToByte($hex.Substring(2 * $i, 2), 16) }
    return '{' + (New-Object Guid (, $bytes)).ToString() + '}'
}

# All netsh arguments for a binding. DefaultCertCheckMode is a bit mask: 1 disables revocation checks, 2 uses only CRLs
# in the store, 4 uses the freshness time below, 0x10000 disables usage checks. DefaultFlags: 1 maps to accounts
# (dsmapperusage), 2 asks for a client certificate in the handshake (clientcertnegotiation), the others are above.
function Get-Arguments($binding, [string] $hash, [string] $appId, [long] $mode, [long] $flags) {
    $arguments = @(
        "ipport=$ipPort"
        "certhash=$hash"
        "appid=$appId"
        ('certstorename=' + (Get-Text $binding 'SslCertStoreName' 'MY'))
        ('verifyclientcertrevocation=' + (Get-Switch (1 - ($mode -band 1)) 1))
        ('verifyrevocationwithcachedclientcertonly=' + (Get-Switch $mode 2))
        ('usagecheck=' + (Get-Switch (0x10000 - ($mode -band 0x10000)) 0x10000))
        ('revocationfreshnesstime=' + (Get-Number $binding 'DefaultSslRevocationFreshnessTime'))
        ('urlretrievaltimeout=' + (Get-Number $binding 'DefaultSslRevocationUrlRetrievalTimeout'))
        ('dsmapperusage=' + (Get-Switch $flags 1))
        ('clientcertnegotiation=' + (Get-Switch $flags 2))
    )
    $rest = $flags -band (-bnot 3)
    foreach ($word in $newerFlags.Keys) {
        if (($rest -band $newerFlags[$word]) -ne 0) {
            $arguments += "$word=enable"
            $rest = $rest -band (-bnot $newerFlags[$word])
        }
    }
    # No setting of the binding is lost: the script does not touch a binding that it cannot describe in full.
    $unknown = $mode -band (-bnot 0x10007)
    if ($rest -ne 0 -or $unknown -ne 0) {
        throw ('the binding has flags that this script does not know (DefaultFlags {0:x}, DefaultCertCheckMode {1:x}); nothing was changed in it' -f $rest, $unknown)
    }
    $identifier = Get-Text $binding 'DefaultSslCtlIdentifier' ''
    if ($identifier) { $arguments += "sslctlidentifier=$identifier" }
    $store = Get-Text $binding 'DefaultSslCtlStoreName' ''
    if ($store) { $arguments += "sslctlstorename=$store" }
    return $arguments
}

function Invoke-Netsh([string[]] $words) {
    Write-Output ('netsh http ' + ($words -join ' '))
    if (-not $PSCmdlet.ShouldProcess($ipPort, ('netsh http ' + $words[0] + ' ' + $words[1]))) { return }
    & $netsh http @words
    if ($LASTEXITCODE -ne 0) { throw "netsh http $($words[0]) failed with status $LASTEXITCODE" }
}

# Updates the binding in one step if there is one, so that its other settings stay; adds one if there is none.
function Set-Binding($present, [string[]] $arguments) {
    $verb = 'add'
    if ($null -ne $present) { $verb = 'update' }
    Invoke-Netsh (@($verb, 'sslcert') + $arguments)
}

if ($Restore) {
    if (-not (Test-Path -LiteralPath $before)) { throw "$before is missing: there is nothing to restore" }
    $saved = Get-Content -LiteralPath $before -Raw | ConvertFrom-Json
    if ($saved.PSObject.Properties.Name -contains 'Absent') {
        Invoke-Netsh @('delete', 'sslcert', "ipport=$ipPort")
        return
    }
    $old = [ordered] @{}
    foreach ($property in $saved.PSObject.Properties) { $old[$property.Name] = $property.Value }
    $words = Get-Arguments $old (Get-Text $old 'SslCertHash' '') (Get-AppId $old) (Get-Number $old 'DefaultSslCertCheckMode') (Get-Number $old 'DefaultFlags')
    Set-Binding (Get-Binding) $words
    return
}

# Only self-signed certificates belong in Root: with any other certificate there, every client gets 403.16.
foreach ($entry in $roots) {
    $path = Join-Path $PSScriptRoot $entry.File
    $certificate = New-Object Security.Cryptography.X509Certificates.X509Certificate2 $path
    if ($certificate.Thumbprint -ne $entry.Thumbprint) { throw "$path is not the certificate that was exported" }
    if ($certificate.Subject -ne $certificate.Issuer) { throw "$path is not self-signed and does not belong in Root" }
    if ($PSCmdlet.ShouldProcess($path, 'import into LocalMachine\Root')) {
        Import-Certificate -FilePath $path -CertStoreLocation Cert:\LocalMachine\Root | Out-Null
    }
}
foreach ($entry in $subs) {
    $path = Join-Path $PSScriptRoot $entry.File
    $certificate = New-Object Security.Cryptography.X509Certificates.X509Certificate2 $path
    if ($certificate.Thumbprint -ne $entry.Thumbprint) { throw "$path is not the certificate that was exported" }
    if ($PSCmdlet.ShouldProcess($path, 'import into LocalMachine\CA')) {
        Import-Certificate -FilePath $path -CertStoreLocation Cert:\LocalMachine\CA | Out-Null
    }
}
foreach ($crl in $crls) {
    $path = Join-Path $PSScriptRoot $crl
    if ($PSCmdlet.ShouldProcess($path, 'import into LocalMachine\CA')) {
        & $certutil -f -addstore CA $path
        if ($LASTEXITCODE -ne 0) { throw "certutil could not import $path" }
    }
}

# The endpoint's key and certificate.
$mine = Join-Path 'Cert:\LocalMachine\My' $thumbprint
if (-not (Test-Path -LiteralPath $mine)) {
    if (Test-Path -LiteralPath $PasswordFile) {
        $password = ConvertTo-SecureString -AsPlainText -Force ((Get-Content -LiteralPath $PasswordFile -Raw).TrimEnd("`r", "`n"))
    } elseif (-not $WhatIfPreference) {
        $password = Read-Host -AsSecureString 'Password of endpoint.pfx'
    }
    $pfx = Join-Path $PSScriptRoot 'endpoint.pfx'
    if ($PSCmdlet.ShouldProcess($pfx, 'import into LocalMachine\My')) {
        Import-PfxCertificate -FilePath $pfx -CertStoreLocation Cert:\LocalMachine\My -Password $password | Out-Null
        if (-not (Get-Item -LiteralPath $mine).HasPrivateKey) { throw "$mine has no private key" }
    }
}

# The binding: its settings are saved to a file once, then only what has to change is changed.
$present = Get-Binding
if (-not (Test-Path -LiteralPath $before) -and $PSCmdlet.ShouldProcess($before, 'save the binding as it is')) {
    $saved = $present
    if ($null -eq $saved) { $saved = [ordered] @{ Absent = $true } }
    $saved | ConvertTo-Json | Set-Content -LiteralPath $before -Encoding ASCII
}
# Revocation checked (bit 1 off), by CRLs in the store only (bit 2 on): DefaultCertCheckMode 2. Other bits stay.
$mode = ((Get-Number $present 'DefaultSslCertCheckMode') -band (-bnot 1)) -bor 2
# A client certificate asked for in the handshake (bit 2 on). Other bits stay.
$flags = (Get-Number $present 'DefaultFlags') -bor 2
Set-Binding $present (Get-Arguments $present $thumbprint (Get-AppId $present) $mode $flags)

# If a client sends SNI, http.sys uses the binding for that name, if there is one.
$sni = Join-Path ($service -replace 'SslBindingInfo$', 'SslSniBindingInfo') ($hostName + ':' + ($ipPort -split ':')[-1])
if (Test-Path -LiteralPath $sni) {
    Write-Warning "there is a binding by host name as well ($sni), which http.sys prefers and this script does not change"
}

# IIS asks for a certificate and refuses requests without one.
$appcmd = Join-Path $env:SystemRoot 'System32\inetsrv\appcmd.exe'
if (Test-Path -LiteralPath $appcmd) {
    # http.sys passes requests only to a site that has a binding for the port.
    $port = ($ipPort -split ':')[-1]
    $bindings = & $appcmd list site "/site.name:$Site" '/text:bindings'
    if ($LASTEXITCODE -ne 0) { throw "there is no site $Site; name it with -Site" }
    if (($bindings -join ',') -notmatch "https/[^,]*:${port}:" -and $PSCmdlet.ShouldProcess($Site, "add the binding https/*:${port}:")) {
        & $appcmd set site "/site.name:$Site" "/+bindings.[protocol='https',bindingInformation='*:${port}:']"
        if ($LASTEXITCODE -ne 0) { throw "the binding https/*:${port}: could not be added to the site $Site" }
    }
    if ($PSCmdlet.ShouldProcess($Site, 'require TLS and client certificates')) {
        & $appcmd set config $Site -section:system.webServer/security/access '-sslFlags:Ssl,SslNegotiateCert,SslRequireCert' -commit:apphost
        if ($LASTEXITCODE -ne 0) { throw 'appcmd could not require client certificates' }
    }
    # Only the admitted names: 403 for every other client of the same CAs. Needs the URL Rewrite module.
    $rule = 'ptl-cert ' + $hostName
    $section = 'system.webServer/rewrite/rules'
    if ($PSCmdlet.ShouldProcess($Site, "write the URL Rewrite rule $rule")) {
        & $appcmd clear config $Site "-section:$section" "/[name='$rule']" | Out-Null
        & $appcmd set config $Site "-section:$section" "/+[name='$rule',stopProcessing='True']"
        if ($LASTEXITCODE -ne 0) { throw 'the URL Rewrite module is missing: every client of the CAs would be admitted' }
        & $appcmd set config $Site "-section:$section" "/[name='$rule'].match.url:.*" "/[name='$rule'].action.type:CustomResponse" "/[name='$rule'].action.statusCode:403"
        if ($LASTEXITCODE -ne 0) { throw 'the URL Rewrite rule could not be written' }
        & $appcmd set config $Site "-section:$section" "/+[name='$rule'].conditions.[input='{CERT_SUBJECT}',pattern='$admitted',negate='True',ignoreCase='True']"
        if ($LASTEXITCODE -ne 0) { throw 'the condition of the URL Rewrite rule could not be written' }
    }
} else {
    Write-Warning 'IIS is not installed here: http.sys would admit every client of the CAs. Check the client''s name in your program.'
}

# The weekly task that fetches the CRLs and loads them: without it they expire, and every client is refused.
$task = @@TASK@@
if ($NoTask) {
    Write-Output "no task was created: run update-crl.ps1 weekly, before the CRLs expire"
} elseif (-not (Test-Path -LiteralPath $Program)) {
    Write-Warning "$Program is missing, so no task was created. Copy ptl-cert.exe there, or give its path with -Program, and run this again: without new CRLs every client is refused"
} else {
    $script = Join-Path $PSScriptRoot 'update-crl.ps1'
    $words = '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "' + $script + '" -Program "' + $Program + '" ' + $TaskArguments
    $powershell = Join-Path $env:SystemRoot 'System32\WindowsPowerShell\v1.0\powershell.exe'
    $action = New-ScheduledTaskAction -Execute $powershell -Argument $words.Trim()
    $trigger = New-ScheduledTaskTrigger -Weekly -DaysOfWeek Monday -At '01:00' -RandomDelay (New-TimeSpan -Hours 6)
    $principal = New-ScheduledTaskPrincipal -UserId 'SYSTEM' -LogonType ServiceAccount -RunLevel Highest
    $settings = New-ScheduledTaskSettingsSet -StartWhenAvailable -RestartCount 4 -RestartInterval (New-TimeSpan -Minutes 15) -ExecutionTimeLimit (New-TimeSpan -Hours 1)
    if ($PSCmdlet.ShouldProcess($task, 'register the weekly task')) {
        Register-ScheduledTask -TaskName $task -Action $action -Trigger $trigger -Principal $principal -Settings $settings -Force | Out-Null
        Write-Output "the task $task fetches and loads the CRLs weekly; try it: Start-ScheduledTask -TaskName $task"
    }
}

if ($SetSuites) {
    $position = 0
    foreach ($suite in $suites) {
        if ($PSCmdlet.ShouldProcess($suite, 'enable the cipher suite')) {
            Enable-TlsCipherSuite -Name $suite -Position $position
        }
        $position++
    }
} else {
    Write-Output ('The Spine permits these cipher suites, in this order; -SetSuites sets them for the whole machine: ' + ($suites -join ', '))
}
Write-Output "installed for $hostName at $ipPort"
