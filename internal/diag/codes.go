package diag

// A Code names what a diagnostic is about. It is part of JSON outputs, never changes, and is the
// anchor of its section in docs/errors.md. [Codes] has the meaning of each.
type Code string

// The codes, in the order of docs/errors.md.
const (
	// The manifest and the command line.
	CodeBadManifest Code = "bad_manifest"
	CodeNoServer    Code = "no_server"

	// Tasks on the server: why a plan says what it says.
	CodeNoTask                Code = "no_task"
	CodeUnfinished            Code = "unfinished"
	CodeUnverified            Code = "unverified"
	CodeLeftover              Code = "leftover"
	CodeImporting             Code = "importing"
	CodeMatches               Code = "matches"
	CodeUpdate                Code = "update"
	CodeSkip                  Code = "skip"
	CodeUnmanaged             Code = "unmanaged"
	CodeOffline               Code = "offline"
	CodeAsk                   Code = "ask"
	CodeFramesDiffer          Code = "frames_differ"
	CodeNamesDiffer           Code = "names_differ"
	CodeArchiveDiffers        Code = "archive_differs"
	CodeSegmentSize           Code = "segment_size"
	CodeOverlap               Code = "overlap"
	CodeImageQuality          Code = "image_quality"
	CodeChunkSize             Code = "chunk_size"
	CodeConsensusReplicas     Code = "consensus_replicas"
	CodeValidation            Code = "validation"
	CodeSubset                Code = "subset"
	CodeBugTracker            Code = "bug_tracker"
	CodeSourceStorage         Code = "source_storage"
	CodeTargetStorage         Code = "target_storage"
	CodeAssignee              Code = "assignee"
	CodeAnnotations           Code = "annotations"
	CodeJobs                  Code = "jobs"
	CodeFrameOrder            Code = "frame_order"
	CodeContext               Code = "context"
	CodeManyJobs              Code = "many_jobs"
	CodeElsewhere             Code = "elsewhere"
	CodeKeptLabels            Code = "kept_labels"
	CodeLabels                Code = "labels"
	CodeGuide                 Code = "guide"
	CodeRenamed               Code = "renamed"
	CodeMoved                 Code = "moved"
	CodeFrameCounts           Code = "frame_counts"
	CodeSeveralTasks          Code = "several_tasks"
	CodeSameName              Code = "same_name"
	CodeSameTaskName          Code = "same_task_name"
	CodeEmptyForeign          Code = "empty_foreign"
	CodeEmptyBeside           Code = "empty_beside"
	CodeImportingForeign      Code = "importing_foreign"
	CodeImportingOtherArchive Code = "importing_other_archive"
	CodeFilesChanged          Code = "files_changed"
	CodeEarlierPart           Code = "earlier_part"
	CodeTakenOver             Code = "taken_over"
	CodeUnknownAssignee       Code = "unknown_assignee"
	CodeUnsettled             Code = "unsettled"
	CodeTarget                Code = "target"
	CodeShard                 Code = "shard"
	CodeServed                Code = "served"
	CodeOutOfDate             Code = "out_of_date"
	CodeNotPlanned            Code = "not_planned"
	CodeIgnored               Code = "ignored"
	CodeBadSavedPlan          Code = "bad_saved_plan"

	// Uploads and imports.
	CodeRequestTooLarge Code = "request_too_large"
	CodeTooLarge        Code = "too_large"
	CodeBadValidation   Code = "bad_validation"
	CodeDimension       Code = "dimension"
	CodePredictions     Code = "predictions"
	CodeNoMedia         Code = "no_media"
	CodeFramesDropped   Code = "frames_dropped"
	CodeContextDropped  Code = "context_dropped"
	CodeContextBits     Code = "context_bits"
	CodeWrongSizes      Code = "wrong_sizes"
	CodeImportFailed    Code = "import_failed"
	CodeImportStuck     Code = "import_stuck"

	// Server, credentials, rights.
	CodeBadCredentials Code = "bad_credentials"
	CodeOpenProfile    Code = "open_profile"
	CodeWrongPassword  Code = "wrong_password"
	CodeReadOnlyToken  Code = "read_only_token"
	CodeNoRight        Code = "no_right"
	CodeProject        Code = "project"
	CodeInsecureHTTP   Code = "insecure_http"
	CodeCertificate    Code = "certificate"
	CodeUnreachable    Code = "unreachable"
	CodeStalled        Code = "stalled"
	CodeRedirect       Code = "redirect"
	CodeNotCVAT        Code = "not_cvat"
	CodeThrottled      Code = "throttled"
	CodeServerError    Code = "server_error"
	CodeServerTooOld   Code = "server_too_old"

	// Bags and images.
	CodeNoRoot              Code = "no_root"
	CodeNoStorage           Code = "no_storage"
	CodeSameBag             Code = "same_bag"
	CodeNamesOnly           Code = "names_only"
	CodeReadWhole           Code = "read_whole"
	CodeListUnused          Code = "list_unused"
	CodeNoMatch             Code = "no_match"
	CodeBadGlob             Code = "bad_glob"
	CodeOverrideOfNothing   Code = "override_of_nothing"
	CodeIdleSkip            Code = "idle_skip"
	CodeIdleExclude         Code = "idle_exclude"
	CodeUnsettledBags       Code = "unsettled_bags"
	CodeOddNames            Code = "odd_names"
	CodeCameraWithoutImages Code = "camera_without_images"
	CodeNoImages            Code = "no_images"
	CodeBagsWithoutCamera   Code = "bags_without_camera"
	CodeUnclaimedImages     Code = "unclaimed_images"
	CodeUnclaimedTopics     Code = "unclaimed_topics"
	CodeTwoCameras          Code = "two_cameras"
	CodeSeveralKinds        Code = "several_kinds"
	CodeUnsupportedImages   Code = "unsupported_images"
	CodeLeftOut             Code = "left_out"
	CodeSameStem            Code = "same_stem"
	CodeBadVideo            Code = "bad_video"
	CodeVideoFrames         Code = "video_frames"
	CodeVideoPackets        Code = "video_packets"
	CodeSeveralVideos       Code = "several_videos"
	CodeVideoSetting        Code = "video_setting"
	CodeUnclaimedVideos     Code = "unclaimed_videos"
	CodeImagesAndRecordings Code = "images_and_recordings"
	CodeSameFrameName       Code = "same_frame_name"
	CodeBadFrameName        Code = "bad_frame_name"
	CodeBadTaskName         Code = "bad_task_name"
	CodeBadSelection        Code = "bad_selection"
	CodeEmptySelection      Code = "empty_selection"
	CodeNoStamps            Code = "no_stamps"
	CodeNoContext           Code = "no_context"
	CodeLFSPointer          Code = "lfs_pointer"
	CodeDVCMissing          Code = "dvc_missing"
	CodeAnnexMissing        Code = "annex_missing"
	CodeCorruptImage        Code = "corrupt_image"
	CodeEmptyImage          Code = "empty_image"
	CodeNotAnImage          Code = "not_an_image"
	CodeTooLargeImage       Code = "too_large_image"
	CodeNoUsableImages      Code = "no_usable_images"
	CodeUncheckedImage      Code = "unchecked_image"
	CodeUnknownSize         Code = "unknown_size"
	CodeUnreadable          Code = "unreadable"
	CodeUnreadableImage     Code = "unreadable_image"
	CodeUnreadableDirectory Code = "unreadable_directory"
	CodeTooManyFiles        Code = "too_many_files"
	CodeVanished            Code = "vanished"
	CodeInterrupted         Code = "interrupted"
	CodeBrokenLink          Code = "broken_link"
	CodeLinkLoop            Code = "link_loop"
	CodeSpecialFile         Code = "special_file"
	CodeTooDeep             Code = "too_deep"

	// Recordings.
	CodeUnreadableBag       Code = "unreadable_bag"
	CodeIncompleteBag       Code = "incomplete_bag"
	CodeDamagedBag          Code = "damaged_bag"
	CodeUnreadableMessage   Code = "unreadable_message"
	CodeUnsupportedEncoding Code = "unsupported_encoding"
	CodeNoMessages          Code = "no_messages"
	CodeNoHeaderStamp       Code = "no_header_stamp"
	CodeDroppedPoints       Code = "dropped_points"
	CodeSeveralTopics       Code = "several_topics"
	CodeTopicChoice         Code = "topic_choice"
	CodeSameRecording       Code = "same_recording"
	CodeNoSpace             Code = "no_space"

	// Indexes.
	CodeMissingBag Code = "missing_bag"
	CodeListedBags Code = "listed_bags"
	CodeNoIndex    Code = "no_index"
	CodeUnindexed  Code = "unindexed"
	CodeBadIndex   Code = "bad_index"
	CodeStaleIndex Code = "stale_index"

	CodeChosenFrames     Code = "chosen_frames"
	CodeUndecodableImage Code = "undecodable_image"
)

// A Meaning is one row of [Codes].
type Meaning struct {
	Code     Code
	Severity Severity // its usual one; where it stops more or less than usual, the diagnostic says so
	Meaning  string
}

// Codes is every code that cvatplan can report. docs/errors.md explains exactly these.
var Codes = []Meaning{
	{CodeBadManifest, Error, "a manifest has mistakes, or there is none"},
	{CodeNoServer, Error, "no server is configured"},
	{CodeNoTask, Note, "no task has this name: it is created"},
	{CodeUnfinished, Note, "a task was begun and not finished"},
	{CodeUnverified, Note, "a task was imported and not yet verified"},
	{CodeLeftover, Note, "an empty task of an interrupted run exists next to the finished one"},
	{CodeImporting, Note, "the server is importing the task"},
	{CodeMatches, Note, "the task holds the frames that the manifest names"},
	{CodeUpdate, Note, "settings that `update:` lets cvatplan change differ"},
	{CodeSkip, Note, "the manifest skips the task"},
	{CodeUnmanaged, Note, "no manifest asks for the task"},
	{CodeOffline, Note, "no server was asked"},
	{CodeAsk, Note, "the project is to be created, and apply asks first"},
	{CodeFramesDiffer, Warning, "the task holds another number of frames"},
	{CodeNamesDiffer, Warning, "the task holds frames of other names"},
	{CodeArchiveDiffers, Warning, "the task was imported from other files"},
	{CodeSegmentSize, Note, "the task has another segment_size"},
	{CodeOverlap, Note, "the task has another overlap"},
	{CodeImageQuality, Note, "the task has another image_quality"},
	{CodeChunkSize, Note, "the task has another chunk_size"},
	{CodeConsensusReplicas, Note, "the task has another number of consensus_replicas"},
	{CodeValidation, Note, "the task has another validation mode"},
	{CodeSubset, Note, "the task has another subset"},
	{CodeBugTracker, Note, "the task has another bug_tracker"},
	{CodeSourceStorage, Note, "the task has another source_storage"},
	{CodeTargetStorage, Note, "the task has another target_storage"},
	{CodeAssignee, Note, "the task is assigned to somebody else"},
	{CodeAnnotations, Note, "a finished task does not hold what predictions say now"},
	{CodeJobs, Note, "jobs of the task are not given to those whom the manifest names"},
	{CodeFrameOrder, Note, "the task holds its frames in another order"},
	{CodeContext, Note, "a task has other context images than the manifest says"},
	{CodeManyJobs, Error, "the task would have more jobs than CVAT allows"},
	{CodeKeptLabels, Note, "the project has labels that the manifest does not name"},
	{CodeGuide, Note, "the project has another annotation guide, or none"},
	{CodeLabels, Note, "labels of the project are others than the manifest says"},
	{CodeElsewhere, Note, "tasks of these names are in another project too"},
	{CodeRenamed, Error, "a task of another name holds exactly these frames"},
	{CodeMoved, Error, "somebody moved the task to another project while it was worked on"},
	{CodeFrameCounts, Note, "more unmanaged tasks than are compared have the frame count of a task to be created"},
	{CodeSeveralTasks, Error, "several tasks with frames have this name"},
	{CodeSameName, Error, "two tasks of the manifests have the same name"},
	{CodeSameTaskName, Error, "two tasks of one manifest have the same name"},
	{CodeEmptyForeign, Error, "an empty task of this name is not managed by cvatplan"},
	{CodeEmptyBeside, Note, "an empty task of this name, not managed by cvatplan, exists next to the finished one"},
	{CodeImportingForeign, Error, "a task that is not managed by cvatplan is importing"},
	{CodeImportingOtherArchive, Error, "the server is importing other files than these"},
	{CodeFilesChanged, Error, "the files changed since the task was begun"},
	{CodeEarlierPart, Error, "an earlier part of the bag is not settled"},
	{CodeTakenOver, Warning, "an empty task was named for replacement"},
	{CodeUnknownAssignee, Error, "the server shows no user of that name"},
	{CodeUnsettled, Error, "a list or a task changed faster than it could be read or carried out"},
	{CodeTarget, Error, "no task matches a target"},
	{CodeShard, Note, "only the bags of one shard were planned"},
	{CodeServed, Note, "CVAT reads the images by itself: only their names are known"},
	{CodeOutOfDate, Error, "a saved plan is no longer true"},
	{CodeNotPlanned, Note, "a task came to be after the plan was saved"},
	{CodeIgnored, Note, "notices that the manifest acknowledges are counted, not shown"},
	{CodeBadSavedPlan, Error, "a saved plan cannot be read"},
	{CodeRequestTooLarge, Error, "a proxy limits the size of requests"},
	{CodeTooLarge, Error, "the archive is larger than CVAT takes"},
	{CodeBadValidation, Error, "CVAT could not choose the ground truth frames"},
	{CodeDimension, Error, "a project of CVAT holds images or point clouds, not both"},
	{CodePredictions, Error, "predictions for the task cannot be read, or not be placed"},
	{CodeNoMedia, Error, "CVAT found no image in the archive"},
	{CodeFramesDropped, Error, "CVAT imported other frames than were sent"},
	{CodeContextBits, Warning, "context images of 16 bits, which CVAT shows as white"},
	{CodeContextDropped, Error, "CVAT shows frames with other context images than were sent"},
	{CodeWrongSizes, Error, "a list of images in the storage says other sizes than the images have"},
	{CodeImportFailed, Error, "CVAT could not import the archive"},
	{CodeImportStuck, Error, "an import makes no progress"},
	{CodeBadCredentials, Error, "credentials are missing or refused"},
	{CodeOpenProfile, Error, "others can read the profile with the credentials"},
	{CodeWrongPassword, Error, "user name or password is wrong"},
	{CodeReadOnlyToken, Error, "the access token may only read"},
	{CodeNoRight, Error, "the user lacks a right"},
	{CodeProject, Error, "the project is not found, or several have its name"},
	{CodeInsecureHTTP, Error, "credentials would travel unencrypted to a public host"},
	{CodeCertificate, Error, "the certificate is not trusted, or the server speaks plain http"},
	{CodeUnreachable, Error, "no connection to the server"},
	{CodeStalled, Error, "the server neither answers nor takes a byte"},
	{CodeRedirect, Error, "the server redirects to another address"},
	{CodeNotCVAT, Error, "the answer is not CVAT's"},
	{CodeThrottled, Error, "the server limits the rate of requests"},
	{CodeServerError, Error, "the server failed"},
	{CodeServerTooOld, Error, "the server is older than cvatplan supports"},
	{CodeNoRoot, Error, "the root directory does not exist"},
	{CodeNoStorage, Error, "CVAT shows no such cloud storage, or no such share"},
	{CodeSameBag, Error, "two roots have a bag of one path"},
	{CodeNamesOnly, Error, "what is asked for needs the images, and only CVAT can read them"},
	{CodeReadWhole, Error, "a recording on another machine has no index, and would be read whole"},
	{CodeListUnused, Warning, "a list of images in the storage lacks some of them"},
	{CodeNoMatch, Error, "a path or glob matches nothing"},
	{CodeBadGlob, Error, "a glob cannot be parsed"},
	{CodeOverrideOfNothing, Error, "an entry with settings of its own matches nothing"},
	{CodeIdleSkip, Warning, "an entry of skip: matches no task"},
	{CodeIdleExclude, Warning, "an entry of exclude: matches no bag"},
	{CodeUnsettledBags, Note, "bags are left alone because they may still be copied"},
	{CodeOddNames, Warning, "names that no manifest can write"},
	{CodeCameraWithoutImages, Error, "a camera has no images in any bag"},
	{CodeNoImages, Warning, "a bag has no images"},
	{CodeBagsWithoutCamera, Note, "some bags have no images of a camera"},
	{CodeUnclaimedImages, Note, "no camera takes these images"},
	{CodeUnclaimedTopics, Note, "no camera takes these topics"},
	{CodeTwoCameras, Error, "a file or topic matches the globs of two cameras"},
	{CodeSeveralKinds, Note, "a camera takes images that look like those of several cameras"},
	{CodeUnsupportedImages, Warning, "images of kinds that CVAT does not take"},
	{CodeLeftOut, Note, "hidden files and folders of systems are left out"},
	{CodeSameStem, Note, "frames differ in their extension only"},
	{CodeBadVideo, Error, "a video that CVAT would not import"},
	{CodeVideoFrames, Error, "a video whose frames cannot be counted as CVAT counts them"},
	{CodeVideoPackets, Warning, "packets of a video topic that cannot be shown are left out"},
	{CodeSeveralVideos, Error, "a bag has several videos of a camera"},
	{CodeVideoSetting, Error, "a video cannot have what the manifest asks for"},
	{CodeUnclaimedVideos, Note, "no camera takes these videos"},
	{CodeImagesAndRecordings, Error, "a bag holds images and recordings, and nothing says which is meant"},
	{CodeSameFrameName, Error, "two frames of a task have the same name"},
	{CodeBadFrameName, Error, "a frame name that CVAT would refuse or change"},
	{CodeBadTaskName, Error, "a task name that CVAT would refuse or change"},
	{CodeBadSelection, Error, "the selection of frames cannot be carried out"},
	{CodeEmptySelection, Error, "the selection leaves no frames"},
	{CodeNoStamps, Error, "the selection needs times that file names do not carry"},
	{CodeNoContext, Warning, "no frame has an image of a source of context"},
	{CodeLFSPointer, Error, "a Git LFS pointer is in place of the file"},
	{CodeDVCMissing, Error, "a DVC stub is in place of the file"},
	{CodeAnnexMissing, Error, "a git-annex link is in place of the file"},
	{CodeCorruptImage, Error, "an image is corrupt or truncated"},
	{CodeEmptyImage, Error, "an image file has 0 bytes"},
	{CodeNotAnImage, Error, "a file with an image's extension is not an image"},
	{CodeTooLargeImage, Error, "an image has more pixels than CVAT opens"},
	{CodeNoUsableImages, Error, "none of a task's images can be used"},
	{CodeUncheckedImage, Warning, "an image of a kind that is not checked here"},
	{CodeUnknownSize, Error, "the size of an image is needed and not known"},
	{CodeUnreadable, Error, "a task's frames cannot be read"},
	{CodeUnreadableImage, Error, "an image file cannot be read"},
	{CodeTooManyFiles, Error, "this process, or this machine, may open no more files"},
	{CodeUnreadableDirectory, Error, "a directory cannot be read"},
	{CodeVanished, Error, "a file was removed since it was listed"},
	{CodeInterrupted, Error, "reading was interrupted"},
	{CodeBrokenLink, Error, "a symbolic link leads nowhere"},
	{CodeLinkLoop, Warning, "a symbolic link leads back up"},
	{CodeSpecialFile, Error, "a pipe, socket or device is in place of a file"},
	{CodeTooDeep, Error, "directories are nested too deep"},
	{CodeUnreadableBag, Error, "nothing can be read of a recording"},
	{CodeIncompleteBag, Error, "files of a rosbag2 are missing or cannot be read"},
	{CodeDamagedBag, Warning, "parts of a recording are lost"},
	{CodeUnreadableMessage, Error, "a message of a recording is lost"},
	{CodeUnsupportedEncoding, Error, "images of this encoding are not read"},
	{CodeNoMessages, Error, "a topic holds no messages"},
	{CodeNoHeaderStamp, Note, "messages without a time in their header"},
	{CodeDroppedPoints, Note, "points of clouds that have no place are left out"},
	{CodeSeveralTopics, Error, "a camera matches several topics"},
	{CodeTopicChoice, Note, "of topics that show the same images, one is taken"},
	{CodeSameRecording, Note, "of files that hold the same recording, one is taken"},
	{CodeNoSpace, Error, "no room for temporary files"},
	{CodeMissingBag, Error, "the bag is not here, only its index"},
	{CodeListedBags, Note, "bags that are planned by their index"},
	{CodeNoIndex, Note, "an index is not written yet"},
	{CodeUnindexed, Error, "with --index-only, a bag without an index"},
	{CodeBadIndex, Warning, "an index cannot be read"},
	{CodeStaleIndex, Warning, "an index is out of date"},
	{CodeChosenFrames, Note, "frames were chosen by what they show"},
	{CodeUndecodableImage, Error, "an image that is to be judged by what it shows cannot be decoded here"},
}

// SeverityOf is the usual severity of a code; [Error] of one that is not in [Codes].
func SeverityOf(c Code) Severity {
	if s, known := usual[c]; known {
		return s
	}
	return Error
}

var usual = func() map[Code]Severity {
	m := make(map[Code]Severity, len(Codes))
	for _, row := range Codes {
		m[row.Code] = row.Severity
	}
	return m
}()
