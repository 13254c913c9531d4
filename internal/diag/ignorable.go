package diag

// Ignorable are the codes of notices that a person can acknowledge for good, with ignore: in a manifest: what
// was found of the dataset or of the project and stops nothing. Damage is not among them, since more of it may come.
var Ignorable = []Code{
	CodeAssignee, CodeBagsWithoutCamera, CodeBugTracker, CodeChosenFrames, CodeChunkSize, CodeConsensusReplicas, CodeContext, CodeElsewhere, CodeEmptyBeside,
	CodeFrameCounts, CodeFrameOrder, CodeIdleExclude, CodeIdleSkip, CodeImageQuality, CodeImagesAndRecordings, CodeKeptLabels,
	CodeLabels, CodeLeftOut, CodeLinkLoop, CodeListedBags, CodeManyJobs, CodeNoHeaderStamp, CodeNoImages, CodeNoIndex, CodeOddNames,
	CodeOverlap, CodeReadOnlyToken, CodeSameRecording, CodeSameStem, CodeSegmentSize, CodeSeveralKinds, CodeSourceStorage, CodeSubset,
	CodeTargetStorage, CodeTopicChoice, CodeUnclaimedImages, CodeUnclaimedTopics, CodeUnclaimedVideos, CodeUnsettledBags, CodeUnsupportedImages, CodeValidation,
}
