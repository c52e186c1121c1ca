//! Documents and pages into which people pasted what should have been a file.

use std::io::{Cursor, Write};

use super::*;

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;")
}

/// Cuts a line in three, as a program does that checks the spelling.
fn thirds(line: &str) -> Vec<&str> {
    let characters = line.chars().count();
    let at = |part: usize| {
        let offset = line.char_indices().nth(characters * part / 3);
        offset.map_or(line.len(), |(at, _)| at)
    };
    [(0, 1), (1, 2), (2, 3)]
        .map(|(from, to)| &line[at(from)..at(to).max(at(from))])
        .to_vec()
}

pub(super) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The XML of a Word document of these lines.
fn word_xml(text: &str) -> String {
    let line = |(number, line): (usize, &str)| {
        let runs: String = thirds(line)
            .iter()
            .map(|run| {
                format!(
                    "<w:r><w:t xml:space=\"preserve\">{}</w:t></w:r>",
                    escaped(run)
                )
            })
            .collect();
        let end = if number % 2 == 0 {
            "<w:r><w:br/></w:r>"
        } else {
            "</w:p><w:p>"
        };
        format!("{runs}{end}")
    };
    let lines: String = text.lines().enumerate().map(line).collect();
    format!("<w:document xmlns:w=\"x\"><w:body><w:p>{lines}</w:p></w:body></w:document>")
}

/// A Word document of these lines, and other files beside them.
fn docx_with(text: &str, others: &[(&str, &[u8])]) -> Vec<u8> {
    let document = format!("<?xml version=\"1.0\"?>{}", word_xml(text));
    let mut files = vec![
        ("[Content_Types].xml", &b"<Types/>"[..]),
        ("word/document.xml", document.as_bytes()),
    ];
    files.extend(others);
    archive(&files)
}

pub(super) fn docx(text: &str) -> Vec<u8> {
    docx_with(text, &[])
}

/// A Word document in one file of XML.
pub(super) fn flat_docx(text: &str) -> Vec<u8> {
    let document = word_xml(text);
    format!("<?xml version=\"1.0\"?>\r\n<pkg:package xmlns:pkg=\"http://schemas.microsoft.com/office/2006/xmlPackage\"><pkg:part><pkg:xmlData>{document}</pkg:xmlData></pkg:part></pkg:package>\r\n").into_bytes()
}

/// A workbook with a line in each cell.
pub(super) fn xlsx(text: &str) -> Vec<u8> {
    // Equal texts are kept once.
    let mut strings: Vec<&str> = Vec::new();
    let mut cells = String::new();
    for (row, line) in (1..).zip(text.lines()) {
        let known = strings.iter().position(|string| *string == line);
        let number = known.unwrap_or(strings.len());
        if known.is_none() {
            strings.push(line);
        }
        cells += &format!(
            "<row r=\"{row}\"><c r=\"A{row}\"><v>{row}</v></c><c r=\"B{row}\" t=\"s\"><v>{number}</v></c></row>"
        );
    }
    let strings: String = strings
        .iter()
        .map(|string| format!("<si><t>{}</t></si>", escaped(string)))
        .collect();
    let sheet = format!("<worksheet><sheetData>{cells}</sheetData></worksheet>");
    let strings = format!("<sst>{strings}</sst>");
    archive(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
    ])
}

fn odf(text: &str) -> String {
    let line = |(number, line): (usize, &str)| {
        let spans: String = thirds(line)
            .iter()
            .map(|span| {
                format!(
                    "<text:span>{}</text:span>",
                    escaped(span).replace(' ', "<text:s/>")
                )
            })
            .collect();
        let end = if number % 2 == 0 {
            "<text:line-break/>"
        } else {
            "</text:p><text:p>"
        };
        format!("{spans}{end}")
    };
    let lines: String = text.lines().enumerate().map(line).collect();
    format!(
        "<office:document-content><office:body><office:text><text:p>{lines}</text:p></office:text></office:body></office:document-content>"
    )
}

pub(super) fn odt(text: &str) -> Vec<u8> {
    let content = odf(text);
    archive(&[
        ("mimetype", b"application/vnd.oasis.opendocument.text"),
        ("content.xml", content.as_bytes()),
    ])
}

pub(super) fn flat_odt(text: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\"?>\n{}", odf(text)).into_bytes()
}

fn rtf_line(line: &str) -> String {
    let runs: Vec<String> = thirds(line)
        .iter()
        .map(|run| {
            run.replace('\\', "\\\\")
                .replace('{', "\\{")
                .replace('}', "\\}")
        })
        .collect();
    format!(
        "{{\\f0\\fs20 {}}}{}{{\\b\r\n{}}}\\par\r\n",
        runs[0], runs[1], runs[2]
    )
}

pub(super) fn rtf(text: &str) -> Vec<u8> {
    let lines: String = text.lines().map(rtf_line).collect();
    format!("{{\\rtf1\\ansi{{\\fonttbl{{\\f0 Courier New;}}}}{{\\*\\generator Msftedit;}}\\pard\r\n{lines}}}\r\n").into_bytes()
}

pub(super) fn html(text: &str) -> Vec<u8> {
    let lines: String = text
        .lines()
        .map(|line| {
            let parts = thirds(line).into_iter().map(escaped);
            let parts: Vec<String> = parts.collect();
            format!(
                "<span style=\"color: red\">{}</span><b>{}</b>{}<br>\r\n",
                parts[0], parts[1], parts[2]
            )
        })
        .collect();
    format!("<!DOCTYPE html>\r\n<html><head><style>p {{}}</style></head><body><p>{lines}</p></body></html>\r\n").into_bytes()
}

/// A Word document as it was written before 2007: a text in one piece.
pub(super) fn doc(text: &str) -> Vec<u8> {
    let text: Vec<u8> = text
        .replace('\n', "\r")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut main = vec![0; 0x200];
    let characters = u32::try_from(text.len() / 2).unwrap();
    let pieces = [
        &0_u32.to_le_bytes()[..],
        &characters.to_le_bytes(),
        &[0, 0],
        &0x200_u32.to_le_bytes(),
        &[0, 0],
    ]
    .concat();
    let length = u32::try_from(pieces.len()).unwrap();
    let table = [&[2][..], &length.to_le_bytes(), &pieces].concat();
    main[0x0b] = 2;
    main[0x1a6..0x1aa].copy_from_slice(&u32::try_from(table.len()).unwrap().to_le_bytes());
    main.extend(text);
    compound(&[("/WordDocument", &main), ("/1Table", &table)])
}

fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, bytes) in streams {
        file.create_stream(path).unwrap().write_all(bytes).unwrap();
    }
    file.into_inner().into_inner()
}

/// What OLE's packager makes of a file.
fn package(name: &str, bytes: &[u8]) -> Vec<u8> {
    let path = b"C:\\a\0";
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
    [
        &[2, 0][..],
        name.as_bytes(),
        b"\0",
        path,
        &[0, 0, 3, 0],
        &length(path),
        path,
        &length(bytes),
        bytes,
        &[0, 0],
    ]
    .concat()
}

fn ole(name: &str, bytes: &[u8]) -> Vec<u8> {
    let packed = package(name, bytes);
    let length = u32::try_from(packed.len()).unwrap().to_le_bytes();
    compound(&[("/\u{1}Ole10Native", &[&length[..], &packed].concat())])
}

fn places(bytes: &[u8]) -> Vec<String> {
    let input = Input::new(Source::File("reply".into()), bytes);
    let opened = open(&input, None).unwrap();
    let place = |object: &EncodedObject<'_>| match object.decode() {
        Ok(_) => object.origin().to_string(),
        Err(error) => format!("{}: {error}", object.origin()),
    };
    opened.objects.iter().map(place).collect()
}

fn found(bytes: &[u8]) -> Vec<Vec<u8>> {
    let opened = opened(bytes);
    let objects = opened.objects.iter();
    objects
        .map(|object| object.decode().unwrap().bytes.to_vec())
        .collect()
}

type Writer = fn(&str) -> Vec<u8>;

const WRITERS: [(&str, Writer); 8] = [
    ("docx", docx),
    ("flat docx", flat_docx),
    ("xlsx", xlsx),
    ("odt", odt),
    ("flat odt", flat_odt),
    ("rtf", rtf),
    ("html", html),
    ("doc", doc),
];

#[test]
fn what_people_paste_into_a_document_is_read() {
    let (one, first) = practice_certificate();
    let (two, second) = {
        let certificate = fixture_pair(2).1;
        (
            certificate.to_der().unwrap(),
            String::from_utf8(certificate.to_pem().unwrap()).unwrap(),
        )
    };
    let text = format!("Dear Anna & Bob,\n\nyour certificates:\n{first}{second}\nKind regards\n");
    let bare = base64_of(&second);
    for (name, write) in WRITERS {
        assert_eq!(found(&write(&text)), [one.clone(), two.clone()], "{name}");
        // In a mail, an archive, a document within.
        let packed = archive(&[("a.bin", &write(&text)), ("READ ME.txt", b"hello")]);
        assert_eq!(found(&packed), [one.clone(), two.clone()], "{name}");
        // Base64 alone.
        let text = format!("the certificate\n{bare}\n");
        assert_eq!(found(&write(&text)), std::slice::from_ref(&two), "{name}");
    }
}

#[test]
fn the_container_and_the_part_of_a_document_are_named() {
    let (_, pem) = practice_certificate();
    for (write, container, place) in [
        (
            docx as Writer,
            Container::Office,
            "reply!word/document.xml:2",
        ),
        (xlsx, Container::Office, "reply!xl/worksheets/sheet1.xml:1"),
        (odt, Container::Office, "reply!content.xml:2"),
        (flat_odt, Container::Html, "reply!text:2"),
        (doc, Container::Office, "reply!text:1"),
        (rtf, Container::RichText, "reply!text:1"),
        (html, Container::Html, "reply!text:2"),
    ] {
        let bytes = write(&pem);
        assert_eq!(opened(&bytes).container, container, "{place}");
        assert_eq!(places(&bytes), [place]);
    }
}

#[test]
fn a_document_without_anything_of_ours_says_so() {
    for (name, write) in WRITERS {
        let bytes = write("Dear Anna,\nthe certificate follows tomorrow.\n");
        let error = refused(&bytes);
        assert!(error.is_something_else(), "{name}: {error}");
        // Beside something that is ours it is named.
        let (_, pem) = practice_certificate();
        let packed = archive(&[("a.crt", pem.as_bytes()), ("letter", &bytes)]);
        let opened = opened(&packed);
        let left_out: Vec<String> = opened
            .left_out
            .iter()
            .map(|one| one.source.to_string())
            .collect();
        assert_eq!((opened.objects.len(), left_out.len()), (1, 1), "{name}");
    }
}

#[test]
fn damage_in_a_document_is_said() {
    let (_, pem) = practice_certificate();
    let cut: String = pem
        .lines()
        .take(4)
        .fold(String::new(), |text, line| text + line + "\n");
    for (name, write) in WRITERS {
        let bytes = write(&cut);
        let said = match open(&Input::new(Source::Stdin, &bytes), None) {
            Ok(opened) => opened.objects.iter().all(|object| object.decode().is_err()),
            Err(error) => !error.is_something_else(),
        };
        assert!(said, "{name}");
    }
}

/// The writers of documents that are text.
const TEXTS: [Writer; 4] = [flat_docx, flat_odt, rtf, html];

#[test]
fn a_document_cut_short_is_said_beside_a_whole_certificate() {
    let (der, pem) = practice_certificate();
    let (key, other) = fixture_pair(2);
    let key = String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let other = String::from_utf8(other.to_pem().unwrap()).unwrap();
    for (number, write) in TEXTS.into_iter().enumerate() {
        for text in [&key, &other] {
            let whole = write(text);
            let cut = &whole[..whole.len() * 3 / 5];
            for bytes in [
                [pem.as_bytes(), cut].concat(),
                [cut, b"\n", pem.as_bytes()].concat(),
            ] {
                let opened = opened(&bytes);
                let read: Vec<_> = opened.objects.iter().map(EncodedObject::decode).collect();
                let has = read.iter().flatten().any(|blob| blob.bytes[..] == der[..]);
                let said = read.iter().any(Result::is_err);
                assert!(has && said, "{number}: {}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}

#[test]
fn a_document_that_lost_a_part_before_the_certificate_is_read() {
    let (der, pem) = practice_certificate();
    let html = String::from_utf8(html(&pem)).unwrap();
    let rtf = rtf(&pem);
    for bytes in [
        html.replace("</style>", "").into_bytes(),
        html.replace("<p>", "<!-- <p>").into_bytes(),
        html.replacen("red\">", "red>", 1).into_bytes(),
        html.replace("<!DOCTYPE html>", "<!DOC").into_bytes(),
        rtf[9..].to_vec(),
        rtf[40..].to_vec(),
    ] {
        assert_eq!(
            found(&bytes),
            std::slice::from_ref(&der),
            "{}",
            String::from_utf8_lossy(&bytes)
        );
    }
}

#[test]
fn a_dump_without_its_first_line_is_said_not_to_be_understood() {
    let (der, pem) = practice_certificate();
    let dump = notations::words(&fixture_pair(2).1.to_der().unwrap());
    let (_, rest) = dump.split_once('\n').unwrap();
    let bytes = format!("{pem}{rest}");
    let opened = opened(bytes.as_bytes());
    let read: Vec<_> = opened.objects.iter().map(EncodedObject::decode).collect();
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].as_ref().unwrap().bytes[..], der[..]);
    assert!(matches!(
        read[1],
        Err(EncodedObjectError::NotUnderstood { .. })
    ));
    // A dump of a text is prose.
    let dump = notations::words("Nothing of interest. ".repeat(9).as_bytes());
    assert_eq!(
        only(format!("{pem}{dump}").as_bytes()).unwrap().bytes[..],
        der[..]
    );
}

#[test]
fn files_in_documents_are_read_with_their_names() {
    let (der, pem) = practice_certificate();
    let object = ole("leaf.cer", &der);
    let bytes = docx_with(
        "See the attached file.",
        &[
            ("word/embeddings/oleObject1.bin", &object),
            ("word/embeddings/inner.docx", &docx(&pem)),
            ("word/media/image1.png", b"\x89PNG\r\n\x1a\n"),
        ],
    );
    assert_eq!(
        places(&bytes),
        [
            "reply!word/embeddings/oleObject1.bin!leaf.cer",
            "reply!word/embeddings/inner.docx!word/document.xml:2",
        ]
    );
    assert_eq!(opened(&bytes).left_out.len(), 1);
    assert_eq!(places(&object), ["reply!leaf.cer"]);
    let text = |text: &[u8]| [&u32::try_from(text.len()).unwrap().to_le_bytes()[..], text].concat();
    let data = [
        &[1, 5, 0, 0, 2, 0, 0, 0][..],
        &text(b"Package\0"),
        &text(b""),
        &text(b""),
        &text(&package("leaf.cer", &der)),
    ]
    .concat();
    let digits: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
    let bytes = format!(
        "{{\\rtf1 See{{\\object\\objemb{{\\*\\objdata {digits}}}{{\\result{{\\pict 00}}}}}}}}"
    );
    assert_eq!(places(bytes.as_bytes()), ["reply!leaf.cer"]);
    assert_eq!(opened(bytes.as_bytes()).left_out.len(), 1);
}

#[test]
fn a_page_in_text_and_a_page_in_a_page_are_read() {
    let (der, pem) = practice_certificate();
    let lines = pem.trim().replace('\n', "<br/>");
    for text in [
        format!("Dear all,<br>{lines}<br>"),
        format!("{{\"body\": \"<p>Hello</p><p>{lines}</p>\"}}"),
        format!("<p>{}</p>", escaped(&format!("<p>{lines}</p>"))),
        format!("<html><body><table><tr><td>1</td><td>{lines}</td></tr></table></body></html>"),
        format!("<pre>\n{pem}</pre>"),
        format!(
            "<p>{}</p>",
            pem.replace('\n', "</p>\n<p>").replace(' ', "&nbsp;")
        ),
        format!("<html><!-- {pem} --></html>"),
        format!(
            "<html><script>var a = \"{}\";</script></html>",
            pem.replace('\n', "\\n")
        ),
        format!(
            "<div>{}</div>",
            pem.trim()
                .replace('\n', "</div><div>")
                .replace('/', "&#x2F;")
        ),
    ] {
        assert_eq!(found(text.as_bytes()), std::slice::from_ref(&der), "{text}");
    }
}

#[test]
fn a_workbook_that_names_a_long_text_again_and_again_is_refused() {
    let strings = format!("<sst><si><t>{}</t></si></sst>", "a ".repeat(40_000));
    let cells = "<c t=\"s\"><v>0</v></c>".repeat(2_000);
    let bytes = archive(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/worksheets/sheet1.xml", cells.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
    ]);
    assert!(matches!(refused(&bytes), OpenError::ArchiveTooLarge { .. }));
}

#[test]
fn a_mail_of_outlook_in_rich_text_is_read() {
    let (der, pem) = practice_certificate();
    let rich = rtf(&pem);
    let length = u32::try_from(rich.len()).unwrap().to_le_bytes();
    let packed = [&length[..], &length, b"MELA\0\0\0\0", &rich].concat();
    let bytes = compound(&[
        ("/__properties_version1.0", &[0; 32]),
        ("/__substg1.0_10090102", &packed),
    ]);
    assert_eq!(found(&bytes), std::slice::from_ref(&der));
    // What is in the plain text too is reported once.
    let wide: Vec<u8> = pem.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bytes = compound(&[
        ("/__properties_version1.0", &[0; 32]),
        ("/__substg1.0_1000001F", &wide),
        ("/__substg1.0_10090102", &packed),
    ]);
    assert_eq!(found(&bytes), [der]);
}
