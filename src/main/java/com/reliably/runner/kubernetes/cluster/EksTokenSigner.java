package com.reliably.runner.kubernetes.cluster;

import com.reliably.deployment.ClusterAccess.Eks;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import software.amazon.awssdk.http.SdkHttpFullRequest;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner.AuthLocation;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;
import software.amazon.awssdk.utils.http.SdkHttpUtils;

/**
 * Makes the tokens that EKS clusters take: the address of a presigned request to STS, "who am I", which the cluster makes
 * in the client's place. This server never makes it.
 */
@Singleton
final class EksTokenSigner {

    private static final String PREFIX = "k8s-aws-v1.";
    private static final String CLUSTER_HEADER = "x-k8s-aws-id";
    /** The cluster must make the request within that long, says AWS; the commands say 60 seconds, and so do we. */
    private static final Duration EXPIRES = Duration.ofSeconds(60);

    private static final String GLOBAL_REGION = "us-east-1";

    private static final List<String> ORDER = List.of(
            "Action",
            "Version",
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-Date",
            "X-Amz-Expires",
            "X-Amz-SignedHeaders",
            "X-Amz-Security-Token",
            "X-Amz-Signature");

    private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();

    /** The token of a moment. */
    String token(Eks keys, Instant at) {
        String url = inOrder(presigned(keys, at));
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(url.getBytes(StandardCharsets.US_ASCII));
    }

    private SdkHttpRequest presigned(Eks keys, Instant at) {
        SdkHttpRequest request = SdkHttpFullRequest.builder()
                .method(SdkHttpMethod.GET)
                .protocol("https")
                .host(host(keys.region()))
                .encodedPath("/")
                .putRawQueryParameter("Action", "GetCallerIdentity")
                .putRawQueryParameter("Version", "2011-06-15")
                .putHeader(CLUSTER_HEADER, keys.cluster())
                .build();
        return signer.sign(sign -> sign.identity(identity(keys))
                        .request(request)
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "sts")
                        .putProperty(AwsV4HttpSigner.REGION_NAME, keys.region() == null ? GLOBAL_REGION : keys.region())
                        .putProperty(AwsV4HttpSigner.AUTH_LOCATION, AuthLocation.QUERY_STRING)
                        .putProperty(AwsV4HttpSigner.EXPIRATION_DURATION, EXPIRES)
                        .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(at, ZoneOffset.UTC)))
                .request();
    }

    /** The address as the AWS command line writes it: in its order, the signature last. */
    private static String inOrder(SdkHttpRequest request) {
        return "https://" + request.host() + "/?"
                + ORDER.stream()
                        .filter(request.rawQueryParameters()::containsKey)
                        .map(name -> name + "="
                                + SdkHttpUtils.urlEncode(request.firstMatchingRawQueryParameter(name)
                                        .orElseThrow()))
                        .collect(Collectors.joining("&"));
    }

    private static String host(String region) {
        if (region == null) {
            return "sts.amazonaws.com";
        }
        return "sts." + region + (region.startsWith("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
    }

    private static AwsCredentialsIdentity identity(Eks keys) {
        return keys.sessionToken() == null
                ? AwsCredentialsIdentity.create(keys.accessKeyId(), keys.secretAccessKey())
                : AwsSessionCredentialsIdentity.create(keys.accessKeyId(), keys.secretAccessKey(), keys.sessionToken());
    }
}
