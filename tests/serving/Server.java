import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import sun.misc.Signal;

/** A TLS server with what `export --for java` wrote: it passes on the requests of admitted clients and answers 403 to others. */
public final class Server {
    private static volatile SSLContext context;

    private Server() {
    }

    /** Arguments: the folder of the files; then a port to listen on and one to pass requests on to, or nothing more to try the files. */
    public static void main(String[] words) throws Exception {
        Path folder = Path.of(words[0]);
        context = read(folder);
        if (words.length == 1) {
            return;
        }
        int backend = Integer.parseInt(words[2]);
        // A context of its own for each connection is what the class permits: those that are open keep theirs.
        Signal.handle(new Signal("HUP"), signal -> {
            try {
                context = read(folder);
            } catch (Exception error) {
                System.err.println(error);
            }
        });
        ExecutorService threads = Executors.newCachedThreadPool();
        try (ServerSocket server = new ServerSocket(Integer.parseInt(words[1]), 50, InetAddress.getByName("127.0.0.1"))) {
            while (true) {
                Socket socket = server.accept();
                threads.execute(() -> {
                    try {
                        serve(socket, backend);
                    } catch (Exception error) {
                        System.err.println(error);
                    }
                });
            }
        }
    }

    private static SSLContext read(Path folder) throws Exception {
        return SpineTls.context(folder, Files.readString(folder.resolve("keystore.password")).trim().toCharArray());
    }

    private static void serve(Socket socket, int backend) throws Exception {
        socket.setSoTimeout(60_000);
        try (SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, null, true)) {
            tls.setSSLParameters(SpineTls.parameters(true));
            tls.startHandshake();
            BufferedReader in = new BufferedReader(new InputStreamReader(tls.getInputStream(), StandardCharsets.US_ASCII));
            String request = in.readLine();
            for (String line = request; line != null && !line.isEmpty(); line = in.readLine()) {
            }
            if (request == null) {
                return;
            }
            int status = SpineTls.isAdmitted(tls.getSession()) ? pass(backend, request.split(" ")[1]) : 403;
            String answer = "HTTP/1.1 " + status + " X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            tls.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static int pass(int backend, String path) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + backend + path).toURL().openConnection();
        return connection.getResponseCode();
    }
}
