//! Callers of every kind.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::*;
use crate::lab::tests::{created, facts, lab};
use crate::lab::{Generation, Lab, LabEnvironment, LabIdentity, Party};
use crate::ops::gather::Named;
use crate::ops::probe::{self, Endpoint, Options as ProbeOptions};
use crate::verdict::connection::{ConnectionAnswer, ConnectionRefusal as ByWhat};

/// A certificate with these CNs and alternative names, self-signed.
fn named(common_names: &[&str], hosts: &[&str]) -> Certificate {
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
    let key = openssl::ec::EcKey::generate(&group).unwrap();
    let key = openssl::pkey::PKey::from_ec_key(key).unwrap();
    let mut name = openssl::x509::X509Name::builder().unwrap();
    for common_name in common_names {
        name.append_entry_by_text("CN", common_name).unwrap();
    }
    let name = name.build();
    let mut builder = openssl::x509::X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    let time = |seconds| openssl::asn1::Asn1Time::from_unix(seconds).unwrap();
    builder.set_not_before(&time(0)).unwrap();
    builder.set_not_after(&time(86_400)).unwrap();
    builder.set_pubkey(&key).unwrap();
    if !hosts.is_empty() {
        let mut alternative = openssl::x509::extension::SubjectAlternativeName::new();
        for host in hosts {
            alternative.dns(host);
        }
        let alternative = alternative
            .build(&builder.x509v3_context(None, None))
            .unwrap();
        builder.append_extension(alternative).unwrap();
    }
    let digest = openssl::hash::MessageDigest::sha256();
    builder.sign(&key, digest).unwrap();
    Certificate::read(&builder.build().to_der().unwrap()).unwrap()
}

#[test]
fn a_client_is_named_by_its_alternative_names_and_by_its_only_cn_where_it_has_none() {
    let host = Fqdn::parse("proxy.nhs.uk").unwrap();
    let is = |common_names: &[&str], hosts: &[&str]| is_named(&named(common_names, hosts), &host);
    assert!(is(&["proxy.nhs.uk"], &[]) && is(&["PROXY.nhs.uk"], &[]));
    assert!(is(&["other.nhs.uk"], &["a.nhs.uk", "Proxy.nhs.uk"]));
    assert!(!is(&["proxy.nhs.uk"], &["other.nhs.uk"]));
    assert!(!is(&["proxy.nhs.uk", "other.nhs.uk"], &[]));
    assert!(!is(&[], &["*.nhs.uk"]) && !is(&["*.nhs.uk"], &[]));
}

fn at() -> Moment {
    Moment::from_unix(created().unix() + 3600).unwrap()
}

fn pem(identity: &LabIdentity) -> Named {
    let mut bytes = Vec::new();
    for der in [&identity.certificate, &identity.chain[0]] {
        let certificate = openssl::x509::X509::from_der(der).unwrap();
        bytes.extend(certificate.to_pem().unwrap());
    }
    bytes.extend(identity.key.handle().private_key_to_pem_pkcs8().unwrap());
    Named::bytes(crate::input::Source::BuiltIn("identity"), bytes)
}

fn own(lab: &Lab, party: Party) -> IdentityFiles {
    let identity = lab
        .identity(party, LabEnvironment::Int, Generation::G2)
        .unwrap();
    IdentityFiles::new(pem(&identity), None)
}

/// A listener instead of the lab's proxy, without any CRL, and what it reports.
fn listening(lab: &Lab) -> (Listening, mpsc::Receiver<Notice>, Context<'static>) {
    let context = Context::new(at(), facts(lab));
    let bind = (Ipv4Addr::LOCALHOST, 0).into();
    let options = Options::new(bind, own(lab, Party::Proxy), "lab-int", Arc::new(at));
    let (tell, told) = mpsc::channel();
    let listening = start(&options, &context, move |notice| {
        let _ = tell.send(notice);
    })
    .unwrap();
    (listening, told, context)
}

fn probed(
    address: SocketAddr,
    own: Option<IdentityFiles>,
    context: &Context<'_>,
) -> ConnectionAnswer {
    let mut options = ProbeOptions::new(vec![Endpoint {
        host: "localhost".to_owned(),
        port: 443,
    }]);
    options.connect = Some(address);
    options.environment = Some("lab-int".to_owned());
    options.own = own;
    let mut probed = probe::probe(&options, context).unwrap();
    probed.remove(0).judgement.answer
}

#[test]
fn without_crls_no_caller_is_admitted_and_each_gets_the_reason() {
    let lab = lab();
    let (listening, told, context) = listening(&lab);
    let address = listening.address;
    let refused = ConnectionAnswer::Refused(ByWhat::Http(403));
    assert_eq!(
        probed(address, Some(own(&lab, Party::Caller)), &context),
        refused
    );
    assert_eq!(probed(address, None, &context), refused);
    listening.stop();
    let calls: Vec<Box<Call>> = told
        .try_iter()
        .filter_map(|notice| match notice {
            Notice::Call(call) => Some(call),
            _ => None,
        })
        .collect();
    let refusals: Vec<(RefusalKind, Option<Code>)> = calls
        .iter()
        .filter_map(|call| call.admission.refusal.as_ref())
        .map(|refusal| (refusal.kind, refusal.code))
        .collect();
    assert_eq!(
        refusals,
        [
            (RefusalKind::Finding, Some(Code::NoCrl)),
            (RefusalKind::NoCertificate, None)
        ]
    );
    let first = &calls[0];
    assert_eq!(first.caller.chain.len(), 2);
    assert_eq!(first.admission.crls.len(), 2);
    assert_eq!(
        first.admission.host.as_ref().unwrap().as_str(),
        Party::Caller.host(LabEnvironment::Int)
    );
    assert_eq!(first.status, Some(403));
}

#[test]
fn two_hundred_slow_silent_huge_and_senseless_clients_keep_nobody_out() {
    let lab = lab();
    let (listening, told, context) = listening(&lab);
    let address = listening.address;
    let hostile: Vec<_> = (0..200)
        .map(|number| {
            thread::spawn(move || {
                let Ok(mut stream) = TcpStream::connect(address) else {
                    return;
                };
                let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
                let bytes: Vec<u8> = match number % 4 {
                    0 => Vec::new(),
                    1 => b"GET / HTTP/1.1\r\n\r\n".to_vec(),
                    2 => [vec![0x16, 3, 1, 0xff, 0xff], vec![7; 60_000]].concat(),
                    // The beginning of a ClientHello that does not go on.
                    _ => vec![0x16, 3, 1, 1, 0, 1, 0, 0, 0xfc, 3, 3],
                };
                let _ = stream.write_all(&bytes);
                let _ = stream.read(&mut [0; 64]);
            })
        })
        .collect();
    let refused = ConnectionAnswer::Refused(ByWhat::Http(403));
    assert_eq!(
        probed(address, Some(own(&lab, Party::Caller)), &context),
        refused
    );
    listening.stop();
    for client in hostile {
        client.join().unwrap();
    }
    let seen: Vec<Notice> = told.try_iter().collect();
    let calls = seen
        .iter()
        .filter(|notice| matches!(notice, Notice::Call(_)));
    assert_eq!(calls.count(), 1);
}

#[test]
fn strangers_leave_room_for_what_the_environments_callers_save() {
    let folder = tempfile::tempdir().unwrap();
    let saving = Saving {
        folder: folder.path().to_owned(),
        known: Mutex::default(),
    };
    let one = || [Arc::new(named(&["stranger"], &[]))];
    let known = one();
    assert!(saving.save(&known, true).is_some_and(|saved| saved.is_ok()));
    assert!(saving.save(&known, true).is_none(), "once for each client");
    let saved = (0..STRANGERS_SAVED * 2).filter(|_| saving.save(&one(), true).is_some());
    assert_eq!(saved.count(), STRANGERS_SAVED - 1);
    assert!(
        saving
            .save(&one(), false)
            .is_some_and(|saved| saved.is_ok())
    );
    let files = folder.path().read_dir().unwrap().count();
    assert_eq!(files, STRANGERS_SAVED + 1);
}
