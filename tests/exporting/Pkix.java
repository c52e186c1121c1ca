import java.io.FileInputStream;
import java.io.InputStream;
import java.security.cert.*;
import java.util.*;

/** Says whether PKIX lets the clients in whose chains are named, by a bundle of anchors and a file of CRLs. */
public class Pkix {
    public static void main(String[] names) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        for (int at = 0; at + 2 < names.length; at += 3) {
            System.out.println(isLetIn(factory, names[at], names[at + 1], names[at + 2]));
        }
    }

    static boolean isLetIn(CertificateFactory factory, String bundle, String crls, String client) {
        try (InputStream anchors = new FileInputStream(bundle);
                InputStream lists = new FileInputStream(crls);
                InputStream sent = new FileInputStream(client)) {
            Set<TrustAnchor> trusted = new HashSet<>();
            for (Certificate anchor : factory.generateCertificates(anchors)) {
                trusted.add(new TrustAnchor((X509Certificate) anchor, null));
            }
            List<Certificate> chain = new ArrayList<>(factory.generateCertificates(sent));
            X509CertSelector target = new X509CertSelector();
            target.setCertificate((X509Certificate) chain.get(0));
            PKIXBuilderParameters terms = new PKIXBuilderParameters(trusted, target);
            terms.setRevocationEnabled(true);
            terms.addCertStore(CertStore.getInstance("Collection",
                    new CollectionCertStoreParameters(factory.generateCRLs(lists))));
            terms.addCertStore(CertStore.getInstance("Collection",
                    new CollectionCertStoreParameters(chain)));
            CertPathBuilder.getInstance("PKIX").build(terms);
            return true;
        } catch (Exception refused) {
            return false;
        }
    }
}
