/** The engine's one door: verbs are functions whose first argument is an open engine. */

export {closeEngine, type Engine, type EngineOptions, openEngine} from './engine/engine.ts';
export {engineInfo} from './engine/info.ts';
export {engineVersion} from './engine/versions.ts';
export {resetStore} from './engine/reset.ts';

export {EngineError, isEngineError} from './errors/error.ts';
export {exitCodeOf, messageOf} from './errors/codes.ts';
export {debug} from './platform/debug.ts';

export type * from './container/model.ts';
export type * from './container/options.ts';
export {attachContainer} from './container/attach.ts';
export {type CommitOptions, commitContainer} from './container/commit.ts';
export {type BootOutcome, bootContainers, haltContainers} from './container/boot.ts';
export {type Copied, type CopyOptions, copyFromContainer, copyToContainer} from './container/copy.ts';
export {type CreateResult, createContainer} from './container/create.ts';
export {diffContainer, type FileChange} from './container/diff.ts';
export {exportContainer} from './container/export.ts';
export {type FileEntry, listFolder, readFile} from './container/files.ts';
export {execContainer} from './container/exec.ts';
export {openStatsHistory, readStatsHistory} from './container/history.ts';
export {inspectContainer} from './container/inspect.ts';
export {killContainer} from './container/kill.ts';
export {findContainer, listContainers} from './container/list.ts';
export {readLogs} from './container/logs.ts';
export {pauseContainer, unpauseContainer} from './container/pause.ts';
export {pruneContainers} from './container/prune.ts';
export {reapContainer} from './container/reap.ts';
export {removeContainer} from './container/remove.ts';
export {renameContainer} from './container/rename.ts';
export {restartContainer} from './container/restart.ts';
export {type ExecSession, joinSession, listSessions} from './container/sessions.ts';
export {startContainer} from './container/start.ts';
export {openStats} from './container/stats.ts';
export {stopContainer} from './container/stop.ts';
export {topContainer} from './container/top.ts';
export {removeLink} from './container/unlink.ts';
export {updateContainer} from './container/update.ts';
export {waitContainer} from './container/wait.ts';
export {type EndReport, explainEnd} from './container/why.ts';
export {type HostSample, hostStats} from './platform/host.ts';
export type {RingSample as HistorySample} from './monitor/stats-ring.ts';

export type {EngineEvent} from './events/event.ts';
export {recordEvent} from './events/journal.ts';
export {watchEvents} from './events/watch.ts';

export type * from './image/model.ts';
export {imageFiles, type ImageFiles, type LayerFiles, type PathChange} from './image/files.ts';
export {type Checked, checkImages, type CheckOptions, type Problem} from './image/check.ts';
export {findImage} from './image/find.ts';
export {type HistoryLine, imageHistory} from './image/history.ts';
export {type ImportOptions, importImage} from './image/import.ts';
export {inspectImage} from './image/inspect.ts';
export {listImages} from './image/list.ts';
export {loadImages} from './image/load.ts';
export {contentSize} from './image/manifest.ts';
export {pruneImages} from './image/prune.ts';
export {type Pulled, type PullOptions, pullAllTags, pullImage} from './image/pull.ts';
export {type Pushed, type PushOptions, pushImage} from './image/push.ts';
export {type Referrer, remoteReferrers, remoteTags} from './image/remote.ts';
export {type Removed, removeImage} from './image/remove.ts';
export {saveImages} from './image/save.ts';
export {tagImage} from './image/tag.ts';
export {type ImageUsage, imageUsage} from './image/usage.ts';
export {hasEnvironmentAuth} from './registry/credentials.ts';
export {login, logout, registryHost, storedUser} from './registry/login.ts';
export {type Found as FoundImage, searchImages} from './registry/search.ts';
export {canonicalString, familiarString, parseReference, withDefaultTag} from './reference/reference.ts';
export type {Digest} from './oci/digest.ts';
export {shortDigest} from './oci/digest.ts';

export type {EndpointWish, NetworkWish} from './network/model.ts';
export {connectContainer, disconnectContainer} from './container/connect.ts';
export {parseExpose, parsePublish} from './network/publish.ts';
export {parseVolume} from './volume/bind.ts';
export {parseMount} from './volume/mount.ts';
export {parseTmpfs} from './volume/tmpfs.ts';

export {parseSignal, signalName} from './platform/signals.ts';
export {apiVersion, version} from './engine/version.ts';

export {examine, type Finding} from './engine/doctor.ts';
export {createNetwork, inspectNetwork, listNetworks, type NetworkSummary, pruneNetworks, removeNetwork} from './engine/networks.ts';
export {createVolume, exportVolume, importVolume, inspectVolume, listVolumes, pruneVolumes, removeVolume, snapshotVolume, type VolumeSummary} from './engine/volumes.ts';
