import java.nio.file.Files;
import java.nio.file.Path;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.transfer.s3.S3TransferManager;

/** The transfer manager of the second SDK, in parts: up, down, compared. BUCKET KEY FILE. */
public final class Transfer {
    public static void main(String[] args) throws Exception {
        Path file = Path.of(args[2]);
        Path back = Files.createTempFile("transfer", "");
        try (S3AsyncClient s3 = S3AsyncClient.builder().multipartEnabled(true).build();
                S3TransferManager transfers = S3TransferManager.builder().s3Client(s3).build()) {
            transfers.uploadFile(u -> u.source(file).putObjectRequest(r -> r.bucket(args[0]).key(args[1]))).completionFuture().join();
            transfers.downloadFile(d -> d.destination(back).getObjectRequest(r -> r.bucket(args[0]).key(args[1]))).completionFuture().join();
            if (Files.mismatch(file, back) != -1) {
                throw new IllegalStateException("what came back differs");
            }
        } finally {
            Files.delete(back);
        }
    }
}
