import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.*;
import java.util.*;

/**
 * Says of each line on standard input whether PKIX builds a valid path: the seconds of the moment, then the files of anchor,
 * certificate, CAs and CRLs, the last two joined by commas.
 */
public class Judge {
    static final CertificateFactory FACTORY = factory();

    static CertificateFactory factory() {
        try {
            return CertificateFactory.getInstance("X.509");
        } catch (CertificateException none) {
            throw new IllegalStateException(none);
        }
    }

    public static void main(String[] none) {
        Scanner lines = new Scanner(System.in);
        while (lines.hasNextLine()) {
            System.out.println(judge(lines.nextLine().split(" ")));
        }
    }

    static String judge(String[] words) {
        try {
            X509Certificate anchor = certificate(words[1]);
            X509Certificate leaf = certificate(words[2]);
            List<Object> all = new ArrayList<>(List.of(leaf));
            for (String file : words[3].split(",")) {
                all.add(certificate(file));
            }
            for (String file : words[4].split(",")) {
                all.add(FACTORY.generateCRL(bytes(file)));
            }
            X509CertSelector target = new X509CertSelector();
            target.setCertificate(leaf);
            target.setExtendedKeyUsage(Set.of("1.3.6.1.5.5.7.3.1"));
            PKIXBuilderParameters terms =
                    new PKIXBuilderParameters(Set.of(new TrustAnchor(anchor, null)), target);
            terms.setDate(new Date(Long.parseLong(words[0]) * 1000));
            terms.setRevocationEnabled(true);
            terms.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(all)));
            CertPathBuilder.getInstance("PKIX").build(terms);
            return "yes";
        } catch (Exception refused) {
            Throwable why = refused;
            while (why.getCause() != null) {
                why = why.getCause();
            }
            return "no " + why.getMessage();
        }
    }

    static ByteArrayInputStream bytes(String file) throws Exception {
        return new ByteArrayInputStream(Files.readAllBytes(Path.of(file)));
    }

    static X509Certificate certificate(String file) throws Exception {
        return (X509Certificate) FACTORY.generateCertificate(bytes(file));
    }
}
