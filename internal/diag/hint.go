package diag

// A Hint is advice as data: what to do, and with what. internal/advice puts it into words.
// It can be compared with ==.
type Hint struct {
	Action Action
	Args   [2]string // what the action's comment names, in that order
}

// Do makes a hint of an action and its arguments, at most two.
func Do(a Action, args ...string) Hint {
	h := Hint{Action: a}
	copy(h.Args[:], args)
	return h
}

// An Action is what a [Hint] proposes.
type Action int

// NoHint proposes nothing: the zero [Hint].
const NoHint Action = 0

// The actions. A comment names the arguments, where there are any.
const (
	// Words that are there already.
	HintVerbatim Action = iota + 1 // text

	// What is written in a manifest.
	HintDidYouMean       // name, quoted as it is to be written
	HintDidYouMeanAsIn   // name, path that holds it
	HintKnownAre         // names
	HintBelongsElsewhere // key, place
	HintWrite            // what
	HintWriteList        // key, item
	HintWriteBlankAfterColon
	HintWriteForLiteral // what, the sign that is meant
	HintWriteFor        // example
	HintQuoteValue
	HintQuoteValueLike // key
	HintQuoteAs        // value
	HintQuoteComment
	HintQuoteOrAnchor
	HintUnquote    // value
	HintQuoteOctal // value
	HintWriteOut
	HintUseGlobs
	HintIndentWithBlanks
	HintIndentAsNeighbours
	HintIndentListItem
	HintIndentLessOrQuote
	HintRemoveYAMLLine
	HintSplitDocuments
	HintSaveAsUTF8
	HintSaveAsPlainUTF8
	HintKeepSecretsOut
	HintPadOnly        // names, in braces
	HintPadLimit       // variable
	HintFrameVariable  // variable
	HintKnownVariables // names, in braces
	HintCopyRawLabel
	HintAlwaysShown // code
	HintNumberValues
	HintAlreadyInLine // number
	HintProjectByName
	HintWriteMoment
	HintServerOutside
	HintRootOutside
	HintEscapeBrackets
	HintRaiseRoot
	HintMakeRelative
	HintUseSlashes
	HintNoCameras
	HintListCameras
	HintLeaveOneOut
	HintInitManifest
	HintNameServer
	HintNameRoot
	HintNameIndex
	HintNameProjectID
	HintNameOrganization
	HintNameOrganizationOrID
	HintLeaveOrganizationOut
	HintCheckProject
	HintNameImported
	HintCheckOrganization
	HintOrganizationSlug
	HintAllowCreation
	HintPinProject // name, id
	HintCorrectValidation
	HintSplitProject
	HintCloudCamera
	HintCorrectOrOptional
	HintCorrectOrLeaveOut

	// Names, and which image is whose.
	HintListTasks
	HintRenameTask
	HintRenameBack // name
	HintMoveBack   // project's id
	HintRenameFrame
	HintLeaveFrameNameOut
	HintReadRecordings
	HintReadWhole
	HintMoreMemory     // how much, as the option has it
	HintWriteListAgain // key of the list
	HintShortLists
	HintStorageByID
	HintStorageRight
	HintChangeFrameName
	HintRenameFileUnicode
	HintRenameBagUnicode
	HintRenameOdd
	HintExtendTaskName   // template
	HintExtendFrameName  // template
	HintNameManifestOnce // file
	HintLeaveBagOut
	HintNarrowGlobs
	HintCheckCameraFiles
	HintCheckCameraTopics
	HintCheckCamera   // keys of globs
	HintUntakenImages // how many, an example
	HintAddCameras
	HintChooseTopic        // topic
	HintMatchRecordings    // glob
	HintImagesOrRecordings // glob of the recordings, path of one
	HintWhatIsABag
	HintGiveBags // how many directories deep bags are looked for
	HintGiveLocalBags
	HintDirectoryAbsent // directory
	HintDirectoryEmpty  // directory
	HintDirectoryHolds  // directory, what
	HintSelectOtherwise
	HintStampContext
	HintStampOrNumber
	HintCheckSelection

	// Bags and images.
	HintSettle // duration
	HintBringBag
	HintBringBagFiles
	HintRenameBagFile
	HintBringABagFile
	HintBringBagThenApply
	HintFetchLFS        // repository, path in it
	HintFetchAnnex      // path
	HintFetchDVC        // path
	HintMakeReadable    // path
	HintRenewIndex      // manifest
	HintRenewIndexThere // manifest
	HintCommitIndex     // manifest
	HintChooseElsewhere // manifest
	HintIndexVideo      // manifest
	HintChooseOtherwise
	HintRemoveImage
	HintRepairImage
	HintCopyAgain
	HintSkipImage
	HintShrinkImage
	HintConvertImages
	HintConvertTheImages
	HintEncodeAgain
	HintRecordAgain
	HintVideoForEachBag // a glob of the videos
	HintSettingOfImages
	HintSortOrConvert
	HintRepublishTopic
	HintEightBits
	HintSetTempDir
	HintSplitBag

	// Tasks on the server.
	HintRestoreFiles
	HintAdaptManifest
	HintKeepOne
	HintCheckUserName
	HintPlanAfterImport
	HintPlanAfterImportOrRestore
	HintUpdate // key of update:
	HintAdaptLabel
	HintUnnameLabel
	HintReplaceNamed // task
	HintReplaceEmpty
	HintReplaceOnceFixed
	HintReplaceIfItGoesOn
	HintCorrectServed
	HintRenewList // key of the list
	HintReplaceChanged
	HintNameAs // task
	HintLeaveOutDropped
	HintWithoutContext
	HintWaitLonger
	HintApplyAgain
	HintSavePlanAgain
	HintUseSavingVersion
	HintSavePlan
	HintSaveAfterLook

	// Server, credentials, rights.
	HintCheckPassword
	HintCheckToken
	HintSetCredentials
	HintSetPassword
	HintWriteTokenFile
	HintGiveCredentials
	HintGetWritingToken
	HintMakeWritingToken
	HintMakeNewToken
	HintTokenMayOnlyRead
	HintCheckRight
	HintAskForGroup
	HintAskForRole
	HintShareProject
	HintCloseProfile // file
	HintUploadSmaller
	HintWaitForRate
	HintReadServerLog
	HintFreeServerDisk
	HintWaitForServer
	HintCheckServerURL
	HintCheckHostName
	HintCheckProxy
	HintCheckForLoginPage
	HintPassLogin
	HintTryHTTPS
	HintAnswerCut
	HintUpgradeServer
	HintAddressWithoutPath // address
	HintUseRedirectTarget
	HintUseHTTPS
	HintUseHTTP
	HintTrustCertificate
	HintRenewCertificate
	HintUseCertifiedName
	HintGiveCertificates
	HintWaitForAnswer
	HintUpdateCvatplan
	HintSynchronizeClocks

	// The command line.
	HintShowHelp
	HintShowCommandHelp // command
	HintOtherOutput

	actions // how many there are, with NoHint
)

// Actions is every action but [NoHint].
func Actions() []Action {
	all := make([]Action, 0, actions)
	for a := NoHint + 1; a < actions; a++ {
		all = append(all, a)
	}
	return all
}
