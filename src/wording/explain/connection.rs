//! Findings about connections: names, networks, handshakes, acceptance.

use super::Entry;

pub(super) const DNS_NOT_FOUND: Entry = Entry {
    title: "Host name not found in DNS",
    meaning: "This machine's DNS servers have no address for the host, so nothing can connect to \
        it. Spine host names on HSCN resolve only through HSCN's own DNS, and a new \
        endpoint's name resolves once the NHS DNS team has registered it. The next likely \
        cause is a name that ends in the wrong domain.",
    remedy: "Look the name up with nslookup on this machine and on one that works. Ask the DNS \
        team to forward the HSCN zones or to register your endpoint. {Then run ptl-cert probe \
        HOST again|Then try again}.",
    source: "RFC 1034; NHS Path to Live: register the FQDN with the DNS team",
};

pub(super) const DNS_TIMED_OUT: Entry = Entry {
    title: "DNS resolver did not answer",
    meaning: "The resolver was asked for the host's addresses and did not answer within the limit, \
        so it is unknown whether the name exists. The usual causes are a firewall that drops \
        port 53, a resolver that is down, and an HSCN forwarder that cannot be reached.",
    remedy: "Check which resolvers this machine uses (resolvectl, ipconfig /all) and that they \
        answer for other names. Ask the network team to allow DNS to them{, then run ptl-cert \
        probe HOST again|, then try again}.",
    source: "RFC 1035 section 7.2; the limit is this program's own",
};

pub(super) const TCP_REFUSED: Entry = Entry {
    title: "TCP connection refused",
    meaning: "The host answered that nothing accepts connections on this port. The server is not \
        running, listens on another port or address, or a firewall on the way rejects the \
        connection instead of dropping it. Certificates have nothing to do with it.",
    remedy: "Check the port: Spine endpoints use 443, SDS uses 636. On your own server check that \
        the process listens on the address that the name resolves to. Otherwise ask the \
        firewall team whether a rule rejects this source.",
    source: "RFC 9293 section 3.5.2",
};

pub(super) const TCP_FILTERED: Entry = Entry {
    title: "TCP connection not answered",
    meaning: "No answer came to the connection request within the limit, which is how firewalls \
        treat connections they do not allow. The host may also be down, or the network may \
        have no route to it, as for HSCN addresses from the internet. Certificates have \
        nothing to do with it.",
    remedy: "Give the firewall team the source, the destination address and the port{; ptl-cert \
        preflight --env ENV --fqdn NAME --firewall-rules csv writes the table|}. Check that HSCN addresses are reached \
        over the HSCN connection.",
    source: "RFC 9293 section 3.10.7; the limit is this program's own",
};

pub(super) const TCP_PARTLY: Entry = Entry {
    title: "Some addresses of the host are not reachable",
    meaning: "The name has several addresses and only some of them accept connections. Clients \
        choose one of them, so connections will fail some of the time, or only after a long \
        wait. Often a firewall rule names one address, or IPv6 is published but not routed.",
    remedy: "Allow every address that the name resolves to, or have the dead one removed from \
        DNS. {Run ptl-cert probe HOST to see each address with its result|Probe the host to see \
        each address with its result}.",
    source: "RFC 8305; RFC 6724",
};

pub(super) const PROXY_FAILED: Entry = Entry {
    title: "HTTP proxy refused the tunnel",
    meaning: "The connection goes through an HTTP proxy, which did not connect to the host. \
        Proxies commonly allow CONNECT to port 443 only, ask for a password (status 407), or \
        block hosts by category. The host itself was never reached.",
    remedy: "Check the proxy variables (HTTPS_PROXY, NO_PROXY). Ask the proxy's operator to \
        allow CONNECT to this host and port without TLS inspection, or reach the host directly{ \
        with ptl-cert probe HOST --no-proxy| without the proxy}.",
    source: "RFC 9110 section 9.3.6",
};

pub(super) const NOT_TLS: Entry = Entry {
    title: "Port does not speak TLS",
    meaning: "The server answered the TLS ClientHello with something else, most often plain HTTP. The \
        port belongs to another service, or TLS has not been switched on for it. NHS rules \
        require TLS 1.2 with mutual authentication for every interaction.",
    remedy: "Check the port. On your own server enable TLS for it: listen 443 ssl in nginx, bind \
        with ssl in HAProxy, SSLEngine on in Apache.",
    source: "RFC 5246 section 7.4; NHS: TLS-MA for every interaction",
};

pub(super) const CAPTIVE_PORTAL: Entry = Entry {
    title: "Login page instead of the host",
    meaning: "A network device answered in the host's place with a redirect to a page of its own, \
        as guest networks and filtering proxies do until a user logs in. No program can connect \
        until that is done, and a certificate shown there is not the host's.",
    remedy: "Open a web page on this machine and log in, or have the machine exempted by the \
        network team. {Then run ptl-cert probe HOST again|Then try again}.",
    source: "RFC 8952; RFC 6585 section 6",
};

pub(super) const TLS_SILENT: Entry = Entry {
    title: "TLS handshake not answered",
    meaning: "The TCP connection was accepted, but the handshake was not completed within the \
        limit. The usual causes are a load balancer whose backend is down, a server that has run \
        out of workers, and a firewall that holds connections for inspection.",
    remedy: "Ask the server's operator whether the connection arrives. If it does not, ask the \
        firewall team about TLS inspection on this path. {Run ptl-cert probe HOST on another|Try \
        from another} machine and compare.",
    source: "RFC 5246 section 7.3; the limit is this program's own",
};

pub(super) const TLS_CUT: Entry = Entry {
    title: "Connection cut during the handshake",
    meaning: "The connection was closed or reset before the handshake was complete, without an alert \
        that would say why. Firewalls that block by host name do this right after the client's \
        first message; servers do it when they do not know the name, or have no certificate \
        configured.",
    remedy: "Compare from another network, and with the address instead of the name. Ask the \
        firewall team for a log entry at this time, and the server's operator for one in the \
        TLS log.",
    source: "RFC 5246 section 7.2.1",
};

pub(super) const HANDSHAKE_REFUSED: Entry = Entry {
    title: "TLS handshake refused by the server",
    meaning: "The server aborted the handshake with an alert that is not about the client certificate. The \
        usual causes are no common TLS version or cipher suite, a host name (SNI) that the server \
        does not serve, a server that speaks only a newer protocol, or one that failed internally.",
    remedy: "{Run ptl-cert probe HOST --scan to see which|Scan it to see which} versions and \
        suites the server accepts. Compare with the Spine list, and give the alert's name to the \
        server's operator.",
    source: "RFC 5246 section 7.2; RFC 8446 section 6",
};

pub(super) const HANDSHAKE_BROKEN: Entry = Entry {
    title: "Handshake messages cannot be accepted",
    meaning: "What the server sent does not follow the TLS protocol, or is larger than any handshake \
        needs: a client certificate request with thousands of CA names, or an endless chain. \
        Clients stop at that point, each with its own error message.",
    remedy: "Give the message to the server's operator. For a large request reduce the list of CAs \
        to those that Spine clients have; for a chain send the endpoint's certificate and its \
        sub CA only.",
    source: "RFC 5246 section 7.4; RFC 8446 section 4",
};

pub(super) const TLS_VERSION: Entry = Entry {
    title: "Forbidden TLS version",
    meaning: "The server completed a handshake only with TLS 1.0 or 1.1. NHS rules forbid them, and \
        current systems no longer offer them, so Spine will not be able to connect.",
    remedy: "Enable TLS 1.2 on the server: ssl_protocols TLSv1.2 TLSv1.3 in nginx, ssl-min-ver \
        TLSv1.2 in HAProxy, SSLProtocol in Apache. Old versions of Windows and Java need an \
        update first.",
    source: "RFC 8996; NHS rules for TLS on Spine: never TLS 1.0 or 1.1",
};

pub(super) const TLS12_MISSING: Entry = Entry {
    title: "TLS 1.2 not accepted",
    meaning: "The server accepts TLS 1.3 only. The NHS's published rules name TLS 1.2 with a list of \
        suites, and Spine systems connect with that version, so they have nothing in common \
        with this server.",
    remedy: "Enable TLS 1.2 as well as TLS 1.3 with the suites of the Spine list{, and run \
        ptl-cert probe HOST --scan|, and scan the server}.",
    source: "NHS rules for TLS on Spine: TLS 1.2 with mutual authentication",
};

pub(super) const SUITE_FORBIDDEN: Entry = Entry {
    title: "Cipher suite outside the Spine list",
    meaning: "The server chose a cipher suite that is not on the NHS's list. Spine offers only \
        suites on its list; if the server supports none of them, Spine cannot connect. The \
        list, most preferred first: ECDHE-RSA-AES256-GCM-SHA384, ECDHE-RSA-AES128-GCM-SHA256, \
        DHE-RSA-AES256-GCM-SHA384, DHE-RSA-AES128-GCM-SHA256, ECDHE-RSA-AES256-SHA384, \
        DHE-RSA-AES256-SHA256, DHE-RSA-AES256-SHA, ECDHE-RSA-AES256-SHA.",
    remedy: "Configure these suites in this order: ssl_ciphers in nginx, ssl-default-bind-ciphers \
        in HAProxy, SSLCipherSuite in Apache; on Windows by group policy. An ECDSA certificate \
        cannot use them: endpoints need RSA keys.",
    source: "NHS rules for TLS on Spine: permitted cipher suites",
};

pub(super) const ACCEPTS_FORBIDDEN: Entry = Entry {
    title: "Forbidden versions or suites also accepted",
    meaning: "As well as what the NHS permits, the server accepts TLS versions or cipher suites \
        that the rules exclude. Connections from Spine work, because both sides agree on something \
        better, but an assessment or penetration test will report it.",
    remedy: "Switch off TLS 1.0 and 1.1 and every suite outside the Spine list, {then run \
        ptl-cert probe HOST --scan again|then scan the server again}.",
    source: "NHS rules for TLS on Spine; RFC 8996",
};

pub(super) const SCAN_INCOMPLETE: Entry = Entry {
    title: "Scan incomplete",
    meaning: "The scan offers every version and suite on a connection of its own, and some of these \
        connections failed without an answer that says whether the server accepts the offer: the \
        connection was cut, or nothing came in time. A server or firewall that limits how many \
        connections a client may open does that. Whether the server accepts forbidden versions or \
        suites is therefore not known.",
    remedy: "Wait a minute and {run ptl-cert probe HOST --scan|scan the server} again, from an \
        address that is exempt from the limit, or with {a longer --timeout|a longer time limit}. \
        On your own server check the configured versions and suites{ with ptl-cert doctor|}.",
    source: "RFC 8446 sections 4.1.1 and 6.2; the connections are this program's own",
};

pub(super) const CERTIFICATE_DIFFERS: Entry = Entry {
    title: "Another certificate with another TLS version",
    meaning: "The scan received a certificate that is not the one which was judged. Servers can have one \
        for each kind of key or TLS version, and a host name can lead to several servers. Spine \
        connects with TLS 1.2 and RSA: if that certificate has expired, Spine cannot connect, \
        whatever a client with TLS 1.3 gets.",
    remedy: "Judge the other one too{: ptl-cert probe HOST --tls 1.2|, with an offer of TLS 1.2 only}. On \
        your own server configure one RSA certificate for all versions, and reload every server \
        behind the name.",
    source: "RFC 8446 section 4.4.2.2; NHS rules for TLS on Spine: TLS 1.2 with RSA suites",
};

pub(super) const ACCEPTS_UNVERIFIED: Entry = Entry {
    title: "Unverified client certificate accepted",
    meaning: "The server accepted a client certificate that is not valid for a client of this \
        environment. A server that checks its clients as the NHS requires would have refused it, so \
        it may admit any client that has a certificate.",
    remedy: "On your own server require a certificate of the environment's CAs, with CRLs{: ptl-cert doctor \
        shows what the configuration admits, and ptl-cert export --for SERVER writes one that does|}.",
    source: "NHS: accept only clients with a certificate of Spine's CAs",
};

pub(super) const INTERCEPTED: Entry = Entry {
    title: "TLS interception by a foreign CA",
    meaning: "The certificate has the host's name but was not issued by an NHS CA. For a Spine \
        host this means that a firewall or proxy on the path terminates TLS and presents a \
        certificate of its own. Mutual TLS cannot work like that: the client certificate \
        never reaches the NHS.",
    remedy: "Ask the firewall team to exempt the Spine hosts from TLS inspection. Do not add the \
        inspecting CA to the trust store of your Spine client. {Run ptl-cert probe HOST again \
        afterwards|Probe the host again afterwards}.",
    source: "RFC 8446 section 9.3; NHS: TLS-MA from end to end",
};

pub(super) const SERVER_NOT_JUDGED: Entry = Entry {
    title: "Server certificate unreadable",
    meaning: "The handshake got as far as the server's certificate, but the server sent none, or \
        one that cannot be read. It was therefore not checked at all.",
    remedy: "Ask the server's operator which certificate file is configured{, and check that \
        file with ptl-cert inspect FILE|, and inspect that file}.",
    source: "RFC 5280 section 4.1",
};

pub(super) const CLIENT_CERT_NOT_REQUESTED: Entry = Entry {
    title: "Client certificate not requested",
    meaning: "The server completed the handshake without asking for a client certificate, so it does \
        not know who calls. Spine requires mutual TLS in both directions. IIS can be set to \
        ask only after it has read the request, which probe can see only if it sends a request.",
    remedy: "On your own server switch it on: ssl_verify_client on in nginx, verify required in \
        HAProxy, SSLVerifyClient require in Apache, clientcertnegotiation=enable in netsh for \
        IIS. For a Spine host check that the name and port are those of the mutual TLS service.",
    source: "RFC 5246 section 7.4.4; NHS: TLS-MA for every interaction",
};

pub(super) const CLIENT_CERT_OPTIONAL: Entry = Entry {
    title: "Client certificate requested but not required",
    meaning: "The server asked for a client certificate and went on without one. That can be \
        intended: nginx completes the handshake and refuses the request with HTTP status 400. It can \
        also mean that clients without a certificate are admitted, which Spine's rules forbid.",
    remedy: "Send a request {without a certificate: ptl-cert probe HOST --request /|without a \
        certificate}. The answer must be a refusal. On your own server require the certificate \
        in the handshake.",
    source: "RFC 5246 section 7.4.6; NHS: accept only clients with a certificate of Spine's CAs",
};

pub(super) const OUR_CA_NOT_NAMED: Entry = Entry {
    title: "Client CA not among the names requested",
    meaning: "In the handshake the server lists the CAs whose certificates it wants, and the CA of \
        the certificate shown is not on that list. OpenSSL sends the certificate anyway; Go, \
        Java, browsers and Windows then send none, and the connection fails with \
        certificate_required.",
    remedy: "On your own server name the CAs of both generations: ssl_client_certificate in nginx, \
        ca-file in HAProxy, SSLCADNRequestFile in Apache. For another server ask its operator, \
        or use a certificate of the generation that is named.",
    source: "RFC 5246 section 7.4.4; RFC 8446 section 4.2.4",
};

pub(super) const GENERATION_NOT_NAMED: Entry = Entry {
    title: "Only one CA generation named",
    meaning: "The server lists the CAs whose certificates it wants, and a generation of the \
        environment's CAs is missing from the list. Clients with a certificate of that \
        generation may send none. During a generation change NHS rules ask for both.",
    remedy: "Add the sub CA and root of the missing generation to the file that the server takes \
        these names from, and reload it.",
    source: "NHS: during a generation change the CertificateRequest names the CAs of both generations",
};

pub(super) const CERTIFICATE_REQUIRED: Entry = Entry {
    title: "Client certificate required",
    meaning: "No certificate was presented, and the server closed the connection for that reason. That is \
        what a mutual TLS endpoint should do; nothing is wrong. TLS 1.3 has the alert \
        certificate_required for it, TLS 1.2 servers send handshake_failure.",
    remedy: "To see whether the server accepts you, {run ptl-cert probe HOST --cert FILE --key \
        FILE|probe it with a certificate and its key}.",
    source: "RFC 8446 section 4.4.2.4; RFC 5246 section 7.4.6",
};

pub(super) const CERTIFICATE_REFUSED: Entry = Entry {
    title: "Client certificate refused",
    meaning: "The server closed the connection after it saw the client certificate. The alert \
        gives the cause as the server sees it, which is often not the real one: an expired CRL on \
        the server is reported as certificate_expired, a missing CRL as unknown_ca, a missing \
        sub CA as unknown_ca or bad_certificate. The finding says what is known about the \
        certificate on this side.",
    remedy: "Check your own side {first: ptl-cert verify CERT --env ENV --purpose client|first: \
        verify your certificate as a client's}. If that is good, send the server's operator the \
        time, your address and the alert: their CA certificates or CRLs of your generation are \
        missing or expired.",
    source: "RFC 5246 section 7.2.2; RFC 8446 section 6.2",
};

pub(super) const REFUSED_BY_HTTP: Entry = Entry {
    title: "Client refused in HTTP after the handshake",
    meaning: "The handshake was completed and the request was then answered with 495 or 496, with 400 \
        or 403 and a page that names the client certificate, or with 401 or 403 where a client \
        without the certificate is served. nginx, IIS and many applications check client \
        certificates this way. The TLS connection by itself therefore does not prove that a client \
        is accepted.",
    remedy: "{Read the body of the answer with --body|Read the body of the answer}, and the \
        server's log. {Check your certificate with ptl-cert verify CERT --env ENV --purpose \
        client|Verify your certificate as a client's}; for the Spine Secure Proxy check the Ssp \
        headers and the endpoint's registration as well.",
    source: "RFC 9110 section 15.5; nginx: ssl_verify_client",
};

pub(super) const ACCEPTANCE_UNPROVEN: Entry = Entry {
    title: "Acceptance not proven",
    meaning: "Nothing that the server did proves that it accepts the client certificate. In TLS 1.3 \
        the client finishes the handshake before the server has looked at the certificate, and \
        servers such as nginx refuse it only in HTTP, with 400 or with whatever page or redirect \
        they are configured with. A status of 403 may mean the path. Proof is an answer with a \
        status from 200 to 299, and a refusal of the same request without a certificate.",
    remedy: "Send a request that the server answers {with 200: ptl-cert probe HOST --cert FILE \
        --key FILE --request PATH|with 200}. The server's log says what it made of the \
        certificate.",
    source: "RFC 8446 sections 4.4.2.4 and 6.2; nginx: ssl_verify_client, error_page",
};

pub(super) const NO_RESPONSE: Entry = Entry {
    title: "HTTP request not answered",
    meaning: "The TLS connection was made, the request was sent, and no complete answer came within \
        the limit. The application behind the server, or the provider behind the Spine Secure \
        Proxy, does not answer.",
    remedy: "Try again with {a longer --timeout|a longer time limit}. Ask the operator of the \
        server, or of the provider, with the time and the trace ID of the request.",
    source: "RFC 9110 section 15.6.5; the limit is this program's own",
};

pub(super) const NOT_HTTP: Entry = Entry {
    title: "Answer is not HTTP/1.1",
    meaning: "The server answered the request with something that is not HTTP/1.1: HTTP/2 frames \
        that were not asked for, or another protocol. Spine systems speak HTTP/1.1.",
    remedy: "Enable HTTP/1.1 on the server, and check that the port belongs to an HTTP service.",
    source: "RFC 9112 section 2; RFC 9113 section 3.4",
};

pub(super) const HTTP_STATUS: Entry = Entry {
    title: "HTTP error status",
    meaning: "The connection works and the server answered the request with a redirect or an error. \
        The path, the headers or the application is at fault, not the certificates. Through \
        the Spine Secure Proxy, 403 and 404 can also come from the proxy when the endpoint is \
        not registered.",
    remedy: "{Read the answer with --body|Read the answer}. Through the proxy check Ssp-From, \
        Ssp-To and Ssp-InteractionID, and that the path after the proxy's name is the provider's \
        full URL.",
    source: "RFC 9110 section 15",
};

pub(super) const RENEGOTIATES: Entry = Entry {
    title: "TLS renegotiation after the handshake",
    meaning: "The server began a second handshake within the connection. IIS does this to ask for a \
        client certificate only where a page needs one, and Apache where SSLVerifyClient is in a \
        Location. It costs time, some clients forbid it, and TLS 1.3 has no renegotiation at all.",
    remedy: "On IIS set clientcertnegotiation=enable on the binding, on Apache move SSLVerifyClient \
        out of the Location into the virtual host, so that the certificate is requested in the \
        first handshake. On other servers no action is needed.",
    source: "RFC 5246 section 7.4.1.1; RFC 8446 section 4.1.2",
};

pub(super) const CLOCK_SKEW: Entry = Entry {
    title: "Clocks differ",
    meaning: "The time that the server reports differs from this machine's. Certificates and CRLs \
        are judged by the clock: with a wrong one a good certificate looks expired or not yet \
        valid, and a current CRL looks expired.",
    remedy: "Synchronise the clock: timedatectl on Linux, w32tm /resync on Windows. If this machine \
        is right, tell the server's operator.",
    source: "RFC 9110 section 6.6.1; RFC 5280 section 4.1.2.5",
};

pub(super) const UNEXPECTED_ANSWER: Entry = Entry {
    title: "Answer differs from what was expected",
    meaning: "The server {did not answer as --expect, or the command, requires|did not answer as \
        was expected}. The other findings say what happened on the connection.",
    remedy: "Read the other findings and the answer line. If the new answer is right, {change \
        --expect|change what is expected}.",
    source: "The expectation comes from the command line",
};
