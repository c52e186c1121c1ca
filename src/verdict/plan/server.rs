//! How servers behave when a CRL is missing, as data.

use schemars::JsonSchema;
use serde::Serialize;

/// A kind of server, or of software that checks certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Server {
    /// nginx, by `ssl_crl`.
    Nginx,
    /// HAProxy, by `crl-file`.
    Haproxy,
    /// Apache httpd, by `SSLCARevocationFile` and `SSLCARevocationCheck chain`.
    Apache,
    /// Java: Tomcat's connector, or a `PKIXRevocationChecker` of one's own.
    Java,
    /// IIS and everything else behind http.sys, by the CRLs in the store `LocalMachine\CA`.
    Iis,
    /// Whatever reads an OpenSSL folder with hashed names: `-CApath`, `SSLCARevocationPath`.
    OpensslDir,
}

/// What happens to clients whose chain includes a CA without a current CRL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Effect {
    /// All of them are refused.
    Refused,
    /// The server tries to fetch the CRL itself from HTTP points; where it cannot, they are refused.
    FetchedElseRefused,
}

/// How a server's behaviour is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BehaviourSource {
    /// The server was run, and behaved so.
    Run,
    /// Its documentation says so; it was not run here.
    Documented,
}

/// How a kind of server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Behaviour {
    /// Which kind.
    pub server: Server,
    /// Its name.
    pub title: &'static str,
    /// The setting that this describes.
    pub setting: &'static str,
    /// What clients get while a CRL is missing or expired.
    pub without_crl: Effect,
    /// The symptom.
    pub symptom: &'static str,
    /// Whether CRLs for some reasons only, and CRLs of other issuers' certificates, count. OpenSSL takes them only
    /// with `X509_V_FLAG_EXTENDED_CRL_SUPPORT`, which these servers do not set.
    pub extended_crls: bool,
    /// Whether a CRL has to answer for the root's own certificate too. OpenSSL asks for one with
    /// `X509_V_FLAG_CRL_CHECK_ALL`, trusted or not, and takes only what that certificate's own points name, or a CRL
    /// that names no point; RFC 5280 section 6.3 asks for none.
    pub checks_root: bool,
    /// What makes the server load a new CRL.
    pub reload: &'static str,
    /// How all this is known.
    pub evidence: BehaviourSource,
}

/// The servers of [`Server`], in its order.
///
/// nginx 1.22.1, HAProxy 2.6.12, Apache 2.4 and Java 17 were run with a PKI of two generations and CRLs missing or
/// expired. Statements about http.sys come from Microsoft's description of `CertCheckMode` in
/// `HTTP_SERVICE_CONFIG_SSL_PARAM`.
const BEHAVIOURS: [Behaviour; 6] = [
    Behaviour {
        server: Server::Nginx,
        title: "nginx",
        setting: "ssl_crl",
        without_crl: Effect::Refused,
        symptom: "a bare status 400; the error log says \"unable to get certificate CRL\" or \"CRL has expired\"",
        extended_crls: false,
        checks_root: true,
        reload: "nginx reads the file when it starts or reloads: nginx -t && nginx -s reload",
        evidence: BehaviourSource::Run,
    },
    Behaviour {
        server: Server::Haproxy,
        title: "HAProxy",
        setting: "crl-file",
        without_crl: Effect::Refused,
        symptom: "the TLS alert \"unknown ca\", or \"certificate expired\" when it is the CRL that has expired",
        extended_crls: false,
        checks_root: true,
        reload: "HAProxy reads the file when it starts or reloads: haproxy -c -f CONFIG && systemctl reload haproxy",
        evidence: BehaviourSource::Run,
    },
    Behaviour {
        server: Server::Apache,
        title: "Apache httpd",
        setting: "SSLCARevocationFile with SSLCARevocationCheck chain",
        without_crl: Effect::Refused,
        symptom: "a TLS alert; the error log has AH02276. Without SSLCARevocationCheck no client is checked, whatever files are configured",
        extended_crls: false,
        checks_root: true,
        reload: "Apache reads the file when it starts or reloads: apachectl configtest && apachectl graceful",
        evidence: BehaviourSource::Run,
    },
    Behaviour {
        server: Server::Java,
        title: "Java",
        setting: "PKIX with revocation enabled",
        without_crl: Effect::FetchedElseRefused,
        symptom: "\"Could not determine revocation status\"; HTTP points are tried only with com.sun.security.enableCRLDP=true",
        extended_crls: true,
        checks_root: false,
        reload: "the CRLs are read when the trust manager is made: restart it, or reload Tomcat's connector",
        evidence: BehaviourSource::Run,
    },
    Behaviour {
        server: Server::Iis,
        title: "IIS",
        setting: "CertCheckMode 0 of the binding; with 2 only CRLs in the store count, of every generation",
        without_crl: Effect::FetchedElseRefused,
        symptom: "status 403.13; no mode is documented to accept a CRL past its nextUpdate",
        extended_crls: true,
        checks_root: false,
        reload: "Windows reads the store by itself, but may keep using cached results for a while",
        evidence: BehaviourSource::Documented,
    },
    Behaviour {
        server: Server::OpensslDir,
        title: "OpenSSL",
        setting: "a folder with hashed names and X509_V_FLAG_CRL_CHECK_ALL (-crl_check_all)",
        without_crl: Effect::Refused,
        symptom: "\"unable to get certificate CRL\" (error 3) or \"CRL has expired\" (error 12)",
        extended_crls: false,
        checks_root: true,
        reload: "a process keeps the CRLs it has read: restart it",
        evidence: BehaviourSource::Run,
    },
];

impl Server {
    /// All of them.
    pub const ALL: [Server; 6] = [
        Server::Nginx,
        Server::Haproxy,
        Server::Apache,
        Server::Java,
        Server::Iis,
        Server::OpensslDir,
    ];

    /// How it behaves.
    pub fn behaviour(self) -> &'static Behaviour {
        let [nginx, haproxy, apache, java, iis, openssl_dir] = &BEHAVIOURS;
        match self {
            Server::Nginx => nginx,
            Server::Haproxy => haproxy,
            Server::Apache => apache,
            Server::Java => java,
            Server::Iis => iis,
            Server::OpensslDir => openssl_dir,
        }
    }

    /// Its name on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Server::Nginx => "nginx",
            Server::Haproxy => "haproxy",
            Server::Apache => "apache",
            Server::Java => "java",
            Server::Iis => "iis",
            Server::OpensslDir => "openssl-dir",
        }
    }
}
