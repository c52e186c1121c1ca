#Requires -Version 5.1
#Requires -RunAsAdministrator
# Written by ptl-cert for @@ABOUT@@. Do not edit: the next export replaces this file.
# NOT YET RUN ON WINDOWS. It follows Microsoft's documentation and was checked with a PowerShell grammar; try it with -WhatIf first.
@@EXPIRED@@#
#   & .\install.ps1 -WhatIf       shows what it would do
#   & .\install.ps1               installs; reads the password of endpoint.pfx from keystore.password, or asks for it
#   & .\install.ps1 -Restore      puts the binding of this address and port back as it was before the first run; the rule of the
#                                 site, the CAs and the task stay
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    # The site of IIS that serves the host; its URL Rewrite rule is written into the site's configuration.
    [string] $Site = 'Default Web Site',
    # A file with the password of endpoint.pfx; a password on the command line could be read by others.
    [string] $PasswordFile = (Join-Path $PSScriptRoot 'keystore.password'),
    # Restore the binding as it was.
    [switch] $Restore,
    # Also put the Spine's cipher suites first, for the whole machine; others stay enabled after them.
    [switch] $SetSuites,
    # Remove the CAs that this export leaves out from LocalMachine\Root and CA, for the whole machine. Without it they are named.
    [switch] $RemoveLeftOut,
    # Where ptl-cert is on this machine, for the weekly task that fetches and loads the CRLs.
    [string] $Program = (Join-Path $env:ProgramFiles 'ptl-cert\ptl-cert.exe'),
    # Further arguments for update-crl.ps1 in the task, such as: -Import https://crl.example/a.crl. Without any it uses clients.pem
    # and facts.toml of this folder, where the export wrote them.
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
# One file for each address and port.
$before = Join-Path $PSScriptRoot ('binding-before-' + ($ipPort -replace '[^0-9A-Za-z.]+', '-') + '.json')
# The application ID of a binding that this script creates: always the same.
$ownAppId = '{7d5c2b1e-3f4a-4c0e-9a51-70746c636572}'
$roots = @(
@@ROOTS@@
)
$subs = @(
@@SUBS@@
)
# CAs of the environment that this export leaves out.
$leftOut = @(
@@LEFTOUT@@
)
$crls = @(
@@CRLS@@
)
$suites = @(
@@SUITES@@
)
$netsh = Join-Path $env:SystemRoot 'System32\netsh.exe'
$certutil = Join-Path $env:SystemRoot 'System32\certutil.exe'
$inetsrv = Join-Path $env:SystemRoot 'System32\inetsrv'
$appcmd = Join-Path $inetsrv 'appcmd.exe'
$ruleName = 'ptl-cert ' + $hostName
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

# Whether this netsh can disable TLS 1.0 and 1.1 for one binding: Windows Server 2019 with its updates, and later.
function Test-LegacySwitch {
    return ((& $netsh http add sslcert '?') -join ' ') -match 'disablelegacytls'
}

# Where a header of DER at this place leads: its tag, and where its content begins and ends.
function Read-Header([byte[]] $der, [int] $at) {
    $length = [int] $der[$at + 1]
    $start = $at + 2
    if ($length -ge 0x80) {
        $octets = $length - 0x80
        $length = 0
        for ($i = 0; $i -lt $octets; $i++) { $length = $length * 256 + $der[$start + $i] }
        $start += $octets
    }
    return @{ Tag = [int] $der[$at]; Start = $start; End = $start + $length }
}

# The thisUpdate of a CRL in DER (RFC 5280 section 5.1) with four digits of the year: what sorts later is newer. Before it are
# the version, if there is one, the algorithm and the issuer.
function Get-ThisUpdate([string] $path) {
    $der = [IO.File]::ReadAllBytes($path)
    $list = Read-Header $der (Read-Header $der 0).Start
    $field = Read-Header $der $list.Start
    if ($field.Tag -eq 2) { $field = Read-Header $der $field.End }
    $field = Read-Header $der $field.End
    $field = Read-Header $der $field.End
    $text = [Text.Encoding]::ASCII.GetString($der, $field.Start, $field.End - $field.Start)
    # UTCTime: two digits, of which 50 and more are of the last century.
    if ($field.Tag -eq 0x17) {
        if ([int] $text.Substring(0, 2) -ge 50) { $text = '19' + $text } else { $text = '20' + $text }
    }
    return $text
}

# The newer of a CRL of this kit and the one that the weekly task wrote into the folder crl under the same name.
function Get-Newest([string] $name) {
    $exported = Join-Path $PSScriptRoot $name
    $fetched = Join-Path (Join-Path $PSScriptRoot 'crl') $name
    if (-not (Test-Path -LiteralPath $fetched)) { return $exported }
    if ([string]::CompareOrdinal((Get-ThisUpdate $fetched), (Get-ThisUpdate $exported)) -gt 0) { return $fetched }
    return $exported
}

# Whether every user may rename or replace a folder, or what is directly in it. By SID, because the names are translated:
# Everyone, Authenticated Users, INTERACTIVE, Users, Guests.
function Test-Replaceable([string] $path) {
    $everyUser = @('S-1-1-0', 'S-1-5-11', 'S-1-5-4', 'S-1-5-32-545', 'S-1-5-32-546')
    $rights = [Security.AccessControl.FileSystemRights] 'Delete, DeleteSubdirectoriesAndFiles, ChangePermissions, TakeOwnership'
    $inheritOnly = [Security.AccessControl.PropagationFlags]::InheritOnly
    $entries = (Get-Acl -LiteralPath $path).GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier])
    foreach ($entry in $entries) {
        if ($entry.AccessControlType -ne [Security.AccessControl.AccessControlType]::Allow) { continue }
        if (($entry.PropagationFlags -band $inheritOnly) -eq $inheritOnly) { continue }
        if ($everyUser -notcontains $entry.IdentityReference.Value) { continue }
        if (([int] $entry.FileSystemRights -band [int] $rights) -ne 0) { return $true }
    }
    return $false
}

# Gives this folder and everything in it to SYSTEM and the administrators alone: the task runs a script from here as SYSTEM, and
# the key is here.
function Protect-Folder {
    $icacls = Join-Path $env:SystemRoot 'System32\icacls.exe'
    $acl = New-Object Security.AccessControl.DirectorySecurity
    $acl.SetSecurityDescriptorSddlForm('O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)')
    Set-Acl -LiteralPath $PSScriptRoot -AclObject $acl
    $all = Join-Path $PSScriptRoot '*'
    & $icacls $all /setowner '*S-1-5-32-544' /T /Q
    if ($LASTEXITCODE -ne 0) { throw "icacls could not make the administrators the owner of $all" }
    & $icacls $all /reset /T /Q
    if ($LASTEXITCODE -ne 0) { throw "icacls could not reset the permissions of $all" }
    if (Test-Replaceable $PSScriptRoot) { throw "every user may still change $PSScriptRoot; nothing was installed" }
}

function Open-Configuration {
    Add-Type -Path (Join-Path $inetsrv 'Microsoft.Web.Administration.dll')
    return New-Object Microsoft.Web.Administration.ServerManager
}

# Whether the URL Rewrite module runs in the site.
function Test-Module {
    $modules = (Open-Configuration).GetWebConfiguration($Site).GetSection('system.webServer/modules').GetCollection()
    foreach ($module in $modules) {
        if ($module.GetAttributeValue('name') -eq 'RewriteModule') { return $true }
    }
    return $false
}

# Whether the site's first rule is the one that this script writes, whole: URL Rewrite takes the rules in their order, and one
# with stopProcessing before it would pass a request on.
function Test-Rule {
    $rules = (Open-Configuration).GetWebConfiguration($Site).GetSection('system.webServer/rewrite/rules').GetCollection()
    foreach ($rule in $rules) {
        if ($rule.GetAttributeValue('name') -cne $ruleName) { return $false }
        if (-not $rule.GetAttributeValue('enabled') -or -not $rule.GetAttributeValue('stopProcessing')) { return $false }
        $match = $rule.GetChildElement('match')
        if ($match.GetAttributeValue('url') -cne '.*' -or $match.GetAttributeValue('negate')) { return $false }
        if ([int] $rule.GetChildElement('action').GetAttributeValue('statusCode') -ne 403) { return $false }
        $found = 0
        foreach ($condition in $rule.GetCollection('conditions')) {
            if ($condition.GetAttributeValue('input') -cne '{CERT_SUBJECT}') { return $false }
            if ($condition.GetAttributeValue('pattern') -cne $admitted) { return $false }
            if (-not $condition.GetAttributeValue('negate')) { return $false }
            $found++
        }
        return ($found -eq 1)
    }
    return $false
}

# Writes the rule in place of an earlier one, first in the collection. All of it is one commit, so that at no moment the site
# is without it.
function Set-Rule {
    $manager = Open-Configuration
    $rules = $manager.GetWebConfiguration($Site).GetSection('system.webServer/rewrite/rules').GetCollection()
    $earlier = @()
    foreach ($one in $rules) {
        if ($one.GetAttributeValue('name') -eq $ruleName) { $earlier += $one }
    }
    foreach ($one in $earlier) { $rules.Remove($one) }
    $rule = $rules.CreateElement('rule')
    $rule.SetAttributeValue('name', $ruleName)
    $rule.SetAttributeValue('stopProcessing', $true)
    $rule.GetChildElement('match').SetAttributeValue('url', '.*')
    $conditions = $rule.GetCollection('conditions')
    $condition = $conditions.CreateElement('add')
    $condition.SetAttributeValue('input', '{CERT_SUBJECT}')
    $condition.SetAttributeValue('pattern', $admitted)
    $condition.SetAttributeValue('negate', $true)
    $condition.SetAttributeValue('ignoreCase', $true)
    [void] $conditions.Add($condition)
    $action = $rule.GetChildElement('action')
    $action.SetAttributeValue('type', 'CustomResponse')
    $action.SetAttributeValue('statusCode', 403)
    [void] $rules.AddAt(0, $rule)
    $manager.CommitChanges()
    if (-not (Test-Rule)) { throw "the rule $ruleName is not the first of the site $Site; the binding was not changed" }
}

# Rules of the whole server are taken before those of the site.
function Show-GlobalRules {
    $rules = (Open-Configuration).GetApplicationHostConfiguration().GetSection('system.webServer/rewrite/globalRules').GetCollection()
    foreach ($rule in $rules) {
        Write-Warning ('the global rule "' + $rule.GetAttributeValue('name') + '" is applied before those of the site: make sure that it passes on no request for ' + $hostName)
    }
}

# The task as SYSTEM runs it, and its result.
function Invoke-Task([string] $task) {
    Start-ScheduledTask -TaskName $task
    $limit = (Get-Date).AddMinutes(10)
    do {
        Start-Sleep -Seconds 3
        $state = [string] (Get-ScheduledTask -TaskName $task).State
        $result = (Get-ScheduledTaskInfo -TaskName $task).LastTaskResult
        # 267009: it is running.
    } while ((($state -eq 'Running') -or ($state -eq 'Queued') -or ($result -eq 267009)) -and ((Get-Date) -lt $limit))
    return $result
}

if ($Restore) {
    if (-not (Test-Path -LiteralPath $before)) { throw "$before is missing: there is nothing to restore for $ipPort" }
    $saved = Get-Content -LiteralPath $before -Raw | ConvertFrom-Json
    if ($saved.IpPort -ne $ipPort) { throw "$before is about $($saved.IpPort), not about ${ipPort}: nothing was restored" }
    if ($saved.PSObject.Properties.Name -contains 'Absent') {
        if ($null -eq (Get-Binding)) { Write-Output "there is no binding for $ipPort, as before the first run"; return }
        Invoke-Netsh @('delete', 'sslcert', "ipport=$ipPort")
        return
    }
    $old = [ordered] @{}
    foreach ($property in $saved.PSObject.Properties) { $old[$property.Name] = $property.Value }
    $words = Get-Arguments $old (Get-Text $old 'SslCertHash' '') (Get-AppId $old) (Get-Number $old 'DefaultSslCertCheckMode') (Get-Number $old 'DefaultFlags')
    Set-Binding (Get-Binding) $words
    return
}

# Nothing is changed before these checks have passed.
# Only self-signed certificates belong in Root: with any other certificate there, every client gets 403.16.
foreach ($entry in $roots + $subs) {
    $path = Join-Path $PSScriptRoot $entry.File
    $certificate = New-Object Security.Cryptography.X509Certificates.X509Certificate2 $path
    if ($certificate.Thumbprint -ne $entry.Thumbprint) { throw "$path is not the certificate that was exported" }
    if ($roots -contains $entry -and $certificate.Subject -ne $certificate.Issuer) { throw "$path is not self-signed and does not belong in Root" }
}
$parent = Split-Path -Parent $PSScriptRoot
while ($parent) {
    if (Test-Replaceable $parent) {
        throw "every user may rename $parent or what is in it, and a task would run a script from there as SYSTEM: copy this folder to a place below $env:ProgramFiles and run it there"
    }
    $parent = Split-Path -Parent $parent
}
$hasIis = Test-Path -LiteralPath $appcmd
$siteBindings = @()
if ($hasIis) {
    $siteBindings = & $appcmd list site "/site.name:$Site" '/text:bindings'
    if ($LASTEXITCODE -ne 0) { throw "there is no site $Site; name it with -Site" }
    if (-not (Test-Module)) { throw "the URL Rewrite module is missing from the site ${Site}: every client of the CAs would be admitted. Nothing was changed; install the module and run this again" }
} else {
    Write-Warning 'IIS is not installed here: http.sys would admit every client of the CAs. Check the client''s name in your program.'
}

if ($PSCmdlet.ShouldProcess($PSScriptRoot, 'let only SYSTEM and the administrators read and change this folder')) { Protect-Folder }

# The endpoint's key and certificate. A certificate that was imported without its key is no use.
$mine = Join-Path 'Cert:\LocalMachine\My' $thumbprint
if (-not (Test-Path -LiteralPath $mine) -or -not (Get-Item -LiteralPath $mine).HasPrivateKey) {
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

# Only the admitted names: 403 for every other client of the same CAs. The rule is in place before a CA is trusted, a port is
# opened or the binding is changed.
if ($hasIis) {
    if (Test-Rule) {
        Write-Output "the rule $ruleName is the first of the site $Site"
    } elseif ($PSCmdlet.ShouldProcess($Site, "write the URL Rewrite rule $ruleName as the first")) {
        Set-Rule
    }
    Show-GlobalRules
    # IIS asks for a certificate and refuses requests without one.
    if ($PSCmdlet.ShouldProcess($Site, 'require TLS and client certificates')) {
        & $appcmd set config $Site -section:system.webServer/security/access '-sslFlags:Ssl,SslNegotiateCert,SslRequireCert' -commit:apphost
        if ($LASTEXITCODE -ne 0) { throw 'appcmd could not require client certificates' }
    }
}

# CRLs before the CAs, and of each the newest that is in this folder: certutil replaces a newer one in the store too.
foreach ($crl in $crls) {
    $path = Get-Newest $crl
    if ($PSCmdlet.ShouldProcess($path, 'import into LocalMachine\CA')) {
        & $certutil -f -addstore CA $path
        if ($LASTEXITCODE -ne 0) { throw "certutil could not import $path" }
    }
}
foreach ($entry in $subs) {
    $path = Join-Path $PSScriptRoot $entry.File
    if ($PSCmdlet.ShouldProcess($path, 'import into LocalMachine\CA')) {
        Import-Certificate -FilePath $path -CertStoreLocation Cert:\LocalMachine\CA | Out-Null
    }
}
foreach ($entry in $roots) {
    $path = Join-Path $PSScriptRoot $entry.File
    if ($PSCmdlet.ShouldProcess($path, 'import into LocalMachine\Root')) {
        Import-Certificate -FilePath $path -CertStoreLocation Cert:\LocalMachine\Root | Out-Null
    }
}

# What an earlier export installed and this one leaves out: while it is in the stores, http.sys trusts it.
foreach ($entry in $leftOut) {
    foreach ($store in @('Root', 'CA')) {
        $path = "Cert:\LocalMachine\$store\$($entry.Thumbprint)"
        if (-not (Test-Path -LiteralPath $path)) { continue }
        if (-not $RemoveLeftOut) {
            Write-Warning "$($entry.Name) ($($entry.Thumbprint)) is left out of this export and still in LocalMachine\${store}: its clients are still trusted. -RemoveLeftOut removes it, for every program of this machine"
        } elseif ($PSCmdlet.ShouldProcess($path, "remove $($entry.Name)")) {
            Remove-Item -LiteralPath $path
        }
    }
}

# The binding: its settings are saved to a file once, then only what has to change is changed.
$present = Get-Binding
if (-not (Test-Path -LiteralPath $before) -and $PSCmdlet.ShouldProcess($before, 'save the binding as it is')) {
    $saved = $present
    if ($null -eq $saved) { $saved = [ordered] @{ IpPort = $ipPort; Absent = $true } }
    $saved | ConvertTo-Json | Set-Content -LiteralPath $before -Encoding ASCII
}
# Revocation checked (bit 1 off), by CRLs in the store only (bit 2 on): DefaultCertCheckMode 2. Other bits stay.
$mode = ((Get-Number $present 'DefaultSslCertCheckMode') -band (-bnot 1)) -bor 2
# A client certificate asked for in the handshake (bit 2 on), and no TLS before 1.2 (bit 0x400 on). Other bits stay.
$flags = (Get-Number $present 'DefaultFlags') -bor 2
if (Test-LegacySwitch) {
    $flags = $flags -bor 0x400
} else {
    Write-Warning 'netsh of this Windows cannot disable TLS 1.0 and 1.1 for one binding: they are as they are set for the machine. Disable them below HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols'
}
Set-Binding $present (Get-Arguments $present $thumbprint (Get-AppId $present) $mode $flags)

# If a client sends SNI, http.sys uses the binding for that name, if there is one.
$port = ($ipPort -split ':')[-1]
$sni = Join-Path ($service -replace 'SslBindingInfo$', 'SslSniBindingInfo') ($hostName + ':' + $port)
if (Test-Path -LiteralPath $sni) {
    Write-Warning "there is a binding by host name as well ($sni), which http.sys prefers and this script does not change"
}

# http.sys passes requests only to a site that has a binding for the port: last, because it opens the port.
if ($hasIis -and ($siteBindings -join ',') -notmatch "https/[^,]*:${port}:" -and $PSCmdlet.ShouldProcess($Site, "add the binding https/*:${port}:")) {
    if (-not (Test-Rule)) { throw "the rule $ruleName is not in place, so the port was not opened" }
    & $appcmd set site "/site.name:$Site" "/+bindings.[protocol='https',bindingInformation='*:${port}:']"
    if ($LASTEXITCODE -ne 0) { throw "the binding https/*:${port}: could not be added to the site $Site" }
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
    if ($PSCmdlet.ShouldProcess($task, 'register the weekly task and run it once')) {
        Register-ScheduledTask -TaskName $task -Action $action -Trigger $trigger -Principal $principal -Settings $settings -Force | Out-Null
        $result = Invoke-Task $task
        if ($result -eq 0) {
            Write-Output "the task $task fetches and loads the CRLs weekly; its first run succeeded"
        } else {
            Write-Warning "the first run of the task $task ended with the result ${result}: the CRLs of this folder are loaded, but will not all be renewed. Run update-crl.ps1 in this window to see why"
        }
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
    Write-Output ('The Spine permits these cipher suites, in this order; -SetSuites puts them first for the whole machine: ' + ($suites -join ', '))
}

# What is left over: the key's file, and certificates that this one replaces.
foreach ($certificate in @(Get-ChildItem -Path Cert:\LocalMachine\My)) {
    if ($certificate.Thumbprint -ne $thumbprint -and $certificate.GetNameInfo('SimpleName', $false) -eq $hostName) {
        Write-Output "an older certificate for $hostName is still in LocalMachine\My: $($certificate.Thumbprint). Remove it with its key once the new one works"
    }
}
foreach ($name in @('endpoint.pfx', 'keystore.password')) {
    $path = Join-Path $PSScriptRoot $name
    if (Test-Path -LiteralPath $path) { Write-Output "the key is in LocalMachine\My: delete $path" }
}
if ($WhatIfPreference) { Write-Output 'nothing was changed' } else { Write-Output "installed for $hostName at $ipPort" }
