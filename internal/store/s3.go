package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// S3 is the objects under a prefix of a bucket, of AWS or of any server that speaks its protocol. Slashes of keys make
// directories. Who asks, and where, is found as all tools of AWS find it: environment (AWS_ACCESS_KEY_ID,
// AWS_PROFILE, AWS_ENDPOINT_URL, …), shared files, web identity, instance metadata. Where no credentials are
// found, requests are not signed, as public buckets want it. Who asks pays where AWS_REQUEST_PAYER is "requester", which GDAL
// and its users know; AWS itself has no variable for it.
type S3 struct {
	bucket, prefix string
	connect        func() (*s3.Client, error)
	transport      func(*http.Transport) // for tests: where connections lead; nil: where addresses say
	unsigned       error                 // set by connect: why there are no credentials
}

// NewS3 is the store of s3://bucket/prefix. Nothing is asked before its first use.
func NewS3(root string) *S3 {
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(root, schemeS3), "/")
	s := &S3{bucket: bucket, prefix: strings.TrimSuffix(prefix, "/")}
	s.connect = sync.OnceValues(s.newClient)
	return s
}

// How long it may take to find credentials (instance metadata answers at once, where there is any), to learn how the server wants
// to be asked, and to answer a request that is not for an object's bytes, tries included.
const (
	lookForCredentials = 5 * time.Second
	learnHow           = 10 * time.Second
	answerWithin       = 2 * time.Minute
)

func (s *S3) newClient() (*s3.Client, error) {
	if s.bucket == "" {
		return nil, errors.New("it names no bucket: s3://BUCKET/PREFIX")
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookForCredentials)
	defer cancel()
	c, err := config.LoadDefaultConfig(ctx, config.WithRetryMaxAttempts(tries), config.WithHTTPClient(s.httpClient()))
	if err != nil {
		return nil, err
	}
	if _, err := c.Credentials.Retrieve(ctx); err != nil {
		c.Credentials, s.unsigned = aws.AnonymousCredentials{}, err
	}
	if os.Getenv("AWS_REQUEST_PAYER") == string(types.RequestPayerRequester) {
		c.APIOptions = append(c.APIOptions, smithyhttp.SetHeaderValue("X-Amz-Request-Payer", string(types.RequestPayerRequester)))
	}
	return s.addressed(c), nil
}

func (s *S3) httpClient() *awshttp.BuildableClient {
	c := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.ResponseHeaderTimeout = responseHeaderTimeout
		t.MaxIdleConnsPerHost = maxIdleConns
	})
	if s.transport != nil {
		c = c.WithTransportOptions(s.transport)
	}
	return c
}

// addressed is a client that asks in the region in which the bucket is, and by the address that the server wants. Servers other
// than AWS seldom have a host name for each bucket; those that take no other name say so.
func (s *S3) addressed(c aws.Config) *s3.Client {
	elsewhere, byHost := false, false
	set := func(o *s3.Options) {
		o.DisableLogOutputChecksumValidationSkipped = true // a person is not to read that a server gives no sums of ranges
		elsewhere = o.BaseEndpoint != nil
		o.UsePathStyle = elsewhere && !byHost
		if o.Region == "" {
			o.Region = "us-east-1"
		}
	}
	client := s3.NewFromConfig(c, set)
	ctx, cancel := context.WithTimeout(context.Background(), learnHow)
	defer cancel()
	var at string
	if elsewhere {
		at, byHost = s.probe(ctx, client)
	} else {
		at = s.region(ctx, client)
	}
	if at == "" && !byHost {
		return client
	}
	if at != "" {
		c.Region = at
	}
	return s3.NewFromConfig(c, set)
}

// region is where AWS says that the bucket is: it tells so also where it refuses to answer. A request to another region is
// answered with 301.
func (s *S3) region(ctx context.Context, client *s3.Client) string {
	head, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &s.bucket})
	if err == nil {
		return aws.ToString(head.BucketRegion)
	}
	return regionIn(err)
}

// regionIn is the region that a refusal names, in its header or, of servers other than AWS, in its words.
func regionIn(err error) string {
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) && answer.Response != nil {
		if at := answer.Response.Header.Get("X-Amz-Bucket-Region"); at != "" {
			return at
		}
	}
	var coded smithy.APIError
	if errors.As(err, &coded) && coded.ErrorCode() == "AuthorizationHeaderMalformed" {
		if named := expectedRegion.FindStringSubmatch(coded.ErrorMessage()); named != nil {
			return named[1]
		}
	}
	return ""
}

var expectedRegion = regexp.MustCompile(`expecting ["']?([A-Za-z0-9-]+)`)

// probe asks a server other than AWS for one name, for what it refuses a request for its address or its region alone.
func (s *S3) probe(ctx context.Context, client *s3.Client) (region string, byHost bool) {
	_, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &s.prefix, MaxKeys: aws.Int32(1)})
	var coded smithy.APIError
	if errors.As(err, &coded) {
		switch coded.ErrorCode() {
		case "SecondLevelDomainForbidden", "PathStyleDomainForbidden", "VirtualHostDomainRequired": // of Alibaba, Tencent, Huawei
			return "", true
		}
	}
	return regionIn(err), false
}

// Path is the address of a name.
func (s *S3) Path(name string) string { return schemeS3 + path.Join(s.bucket, s.key(name)) }

func (s *S3) key(name string) string {
	key := path.Join(s.prefix, name)
	if key == "." {
		return ""
	}
	return key
}

// List is one request for a thousand names; sizes and dates come with them.
func (s *S3) List(ctx context.Context, dir string) ([]fs.DirEntry, error) {
	entries, _, err := s.listing(ctx, dir)
	return entries, err
}

func (s *S3) listing(ctx context.Context, dir string) (entries []fs.DirEntry, skipped string, err error) {
	client, err := s.connect()
	if err != nil {
		return nil, "", s.pathError("list", dir, err)
	}
	prefix := s.key(dir)
	if prefix != "" {
		prefix += "/"
	}
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix, Delimiter: aws.String("/")})
	found := prefix == ""
	for pages.HasMorePages() {
		page, err := within(ctx, func(ctx context.Context) (*s3.ListObjectsV2Output, error) { return pages.NextPage(ctx) })
		if err != nil {
			return nil, "", s.pathError("list", dir, err)
		}
		found = found || len(page.Contents)+len(page.CommonPrefixes) > 0
		more, pathless := entriesOf(page, prefix)
		entries = append(entries, more...)
		if pathless != "" {
			skipped = schemeS3 + s.bucket + "/" + pathless
		}
	}
	if !found {
		return nil, "", s.pathError("list", dir, fs.ErrNotExist)
	}
	return entries, skipped, nil
}

// entriesOf leaves out the marker that some tools make of a directory, and what no path can name, of which it gives one key.
func entriesOf(page *s3.ListObjectsV2Output, prefix string) (entries []fs.DirEntry, skipped string) {
	add := func(key string, info remoteInfo) {
		info.name = strings.TrimSuffix(strings.TrimPrefix(key, prefix), "/")
		switch {
		case key == prefix:
		case fs.ValidPath(info.name) && info.name != ".":
			entries = append(entries, fs.FileInfoToDirEntry(info))
		default:
			skipped = key
		}
	}
	for _, d := range page.CommonPrefixes {
		add(aws.ToString(d.Prefix), remoteInfo{dir: true})
	}
	for _, o := range page.Contents {
		add(aws.ToString(o.Key), remoteInfo{size: aws.ToInt64(o.Size), modified: aws.ToTime(o.LastModified)})
	}
	return entries, skipped
}

// Stat asks for an object of that name, and then for any below it.
func (s *S3) Stat(ctx context.Context, name string) (fs.FileInfo, error) {
	if s.key(name) != "" {
		head, err := s.head(ctx, name)
		if err == nil {
			return remoteInfo{name: path.Base(name), size: aws.ToInt64(head.ContentLength), modified: aws.ToTime(head.LastModified)}, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return s.statDir(ctx, name)
}

func (s *S3) statDir(ctx context.Context, name string) (fs.FileInfo, error) {
	client, err := s.connect()
	if err != nil {
		return nil, s.pathError("stat", name, err)
	}
	prefix := s.key(name)
	if prefix != "" {
		prefix += "/"
	}
	page, err := within(ctx, func(ctx context.Context) (*s3.ListObjectsV2Output, error) {
		return client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix, MaxKeys: aws.Int32(1)})
	})
	if err != nil {
		return nil, s.pathError("stat", name, err)
	}
	if prefix != "" && len(page.Contents) == 0 {
		return nil, s.pathError("stat", name, fs.ErrNotExist)
	}
	return remoteInfo{name: path.Base(name), dir: true}, nil
}

// Open pins the object to its ETag.
func (s *S3) Open(ctx context.Context, name string) (File, error) {
	head, err := s.head(ctx, name)
	if err != nil {
		return nil, err
	}
	client, err := s.connect()
	if err != nil {
		return nil, s.pathError("open", name, err)
	}
	key := s.key(name)
	get := func(ctx context.Context, off, n int64) (io.ReadCloser, error) {
		object, err := client.GetObject(ctx, &s3.GetObjectInput{
			Bucket: &s.bucket, Key: &key, Range: aws.String(rangeOf(off, n)), IfMatch: head.ETag,
		})
		if err != nil {
			return nil, s.meaning(err)
		}
		if err := sameObject(object, head, off); err != nil { // a server may overlook what it was asked
			object.Body.Close()
			return nil, err
		}
		return object.Body, nil
	}
	return &remoteFile{get: get, size: aws.ToInt64(head.ContentLength), path: s.Path(name)}, nil
}

// sameObject is an error of a part that is of another version of the object, or another part.
func sameObject(part *s3.GetObjectOutput, of *s3.HeadObjectOutput, off int64) error {
	at, size := contentRange(aws.ToString(part.ContentRange))
	switch {
	case part.ETag != nil && of.ETag != nil && *part.ETag != *of.ETag,
		of.ETag == nil && !aws.ToTime(part.LastModified).Equal(aws.ToTime(of.LastModified)), // versitygw has none of files that it did not write
		size >= 0 && size != aws.ToInt64(of.ContentLength):
		return ErrChanged
	case part.ContentRange == nil && (off != 0 || aws.ToInt64(part.ContentLength) != aws.ToInt64(of.ContentLength)):
		return errNoRanges
	case part.ContentRange != nil && at != off:
		return errOtherPart
	}
	return nil
}

// within lets a request and its tries take answerWithin.
func within[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerWithin, errSilent)
	defer cancel()
	answer, err := ask(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errSilent) {
		err = errSilent
	}
	return answer, err
}

var errSilent = fmt.Errorf("the server did not answer within %s", answerWithin)

func (s *S3) head(ctx context.Context, name string) (*s3.HeadObjectOutput, error) {
	client, err := s.connect()
	if err != nil {
		return nil, s.pathError("open", name, err)
	}
	key := s.key(name)
	head, err := within(ctx, func(ctx context.Context) (*s3.HeadObjectOutput, error) {
		return client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
	})
	if err != nil {
		return nil, s.pathError("open", name, err)
	}
	return head, nil
}

// Link knows no links.
func (s *S3) Link(_ context.Context, name string) (target, end string, err error) {
	return "", s.Path(name), nil
}

func (s *S3) pathError(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: s.Path(name), Err: s.meaning(err)}
}

// meaning is an answer of the server in a word that callers know, and, where a right is missing, that no credentials were found.
func (s *S3) meaning(err error) error {
	err = meaning(err)
	if s.unsigned == nil || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	var metadata *smithy.OperationError
	if errors.As(s.unsigned, &metadata) && metadata.Service() == "ec2imds" { // the last place to look at
		return fmt.Errorf("%w; no credentials were found, so the request was not signed", err)
	}
	return fmt.Errorf("%w; the request was not signed, since there was an error with the credentials: %w", err, s.unsigned)
}

// errorCode is what S3's codes look like, of whatever server.
var errorCode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9._]{1,64}$`) })

// unanswered is why no answer came, or one that cannot be read.
func unanswered(err error) error {
	var of *url.Error
	if !errors.As(err, &of) {
		return err
	}
	return fmt.Errorf("no answer from the server: %w", withoutAddress(err))
}

// meaning is an answer of the server in a word that callers know, with its own code where that says more.
func meaning(err error) error {
	var (
		answer    *awshttp.ResponseError
		coded     smithy.APIError
		noKey     *types.NoSuchKey
		notFound  *types.NotFound
		noBucket  *types.NoSuchBucket
		isMissing = errors.As(err, &noKey) || errors.As(err, &notFound)
	)
	switch {
	case errors.As(err, &noBucket):
		return fmt.Errorf("%w: no such bucket", fs.ErrNotExist)
	case isMissing:
		return fs.ErrNotExist
	case !errors.As(err, &answer), answer.Response == nil, answer.HTTPStatusCode() < http.StatusMultipleChoices:
		return unanswered(err)
	}
	code := answer.HTTPStatusCode()
	status := statusText(code)
	if errors.As(err, &coded) && errorCode().MatchString(coded.ErrorCode()) {
		status = fmt.Sprintf("%d %s", code, coded.ErrorCode())
	}
	return statusError(code, status)
}
