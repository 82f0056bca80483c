import com.amazonaws.AmazonServiceException;
import com.amazonaws.auth.AWSCredentialsProvider;
import com.amazonaws.auth.EnvironmentVariableCredentialsProvider;
import com.amazonaws.auth.WebIdentityTokenCredentialsProvider;
import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.AmazonS3ClientBuilder;
import com.amazonaws.services.s3.model.Bucket;
import com.amazonaws.services.s3.model.GetObjectRequest;
import com.amazonaws.services.s3.model.S3ObjectSummary;
import com.amazonaws.services.s3.transfer.TransferManager;
import com.amazonaws.services.s3.transfer.TransferManagerBuilder;
import com.amazonaws.services.securitytoken.AWSSecurityTokenServiceClientBuilder;
import com.amazonaws.services.securitytoken.model.GetCallerIdentityRequest;
import com.amazonaws.util.IOUtils;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.stream.Collectors;

/**
 * One S3 or STS operation as a pod of the walkthrough performs it. This SDK's default chain does not
 * know web identity yet, so the walkthrough names the provider; no endpoint and no region in code.
 * Prints "ok TAB detail" or "refused TAB status TAB code TAB request id TAB message".
 */
public final class S3 {
    public static void main(String[] args) throws Exception {
        AWSCredentialsProvider credentials = System.getenv("AWS_ACCESS_KEY_ID") == null
                ? WebIdentityTokenCredentialsProvider.builder().roleSessionName("s3fullaccess").build()
                : new EnvironmentVariableCredentialsProvider();
        try {
            System.out.println("ok\t" + run(credentials, args));
        } catch (AmazonServiceException e) {
            System.out.println(String.join("\t", "refused", "" + e.getStatusCode(), e.getErrorCode(),
                    e.getRequestId(), e.getErrorMessage()));
        }
    }

    private static String run(AWSCredentialsProvider credentials, String[] args) throws Exception {
        if (args[0].equals("identity")) {
            return AWSSecurityTokenServiceClientBuilder.standard().withCredentials(credentials).build()
                    .getCallerIdentity(new GetCallerIdentityRequest()).getArn();
        }
        AmazonS3 s3 = AmazonS3ClientBuilder.standard().withCredentials(credentials).build();
        switch (args[0]) {
            case "list-buckets":
                return s3.listBuckets().stream().map(Bucket::getName).sorted().collect(Collectors.joining(","));
            case "list":
                return s3.listObjectsV2(args[1], args[2]).getObjectSummaries().stream()
                        .map(S3ObjectSummary::getKey).collect(Collectors.joining(","));
            case "get":
                return s3.getObjectAsString(args[1], args[2]);
            case "range":
                return range(s3, args);
            case "put":
                s3.putObject(args[1], args[2], new File(args[3]));
                return s3.getObjectAsString(args[1], args[2]);
            case "upload":
                return upload(s3, args);
            case "delete":
                s3.deleteObject(args[1], args[2]);
                return "deleted";
            default:
                throw new IllegalArgumentException("unknown operation " + args[0]);
        }
    }

    private static String range(AmazonS3 s3, String[] args) throws IOException {
        String[] ends = args[3].split("-");
        GetObjectRequest request = new GetObjectRequest(args[1], args[2])
                .withRange(Long.parseLong(ends[0]), Long.parseLong(ends[1]));
        try (InputStream body = s3.getObject(request).getObjectContent()) {
            return IOUtils.toString(body);
        }
    }

    private static String upload(AmazonS3 s3, String[] args) throws Exception {
        TransferManager transfers = TransferManagerBuilder.standard().withS3Client(s3)
                .withMultipartUploadThreshold(5L << 20).build();
        try {
            transfers.upload(args[1], args[2], new File(args[3])).waitForCompletion();
        } finally {
            transfers.shutdownNow(false); // its threads would keep a refused program alive
        }
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (InputStream body = s3.getObject(args[1], args[2]).getObjectContent()) {
            digest.update(IOUtils.toByteArray(body));
        }
        StringBuilder hex = new StringBuilder();
        for (byte b : digest.digest()) {
            hex.append(String.format("%02x", b));
        }
        return hex.toString();
    }
}
