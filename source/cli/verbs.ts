import type {VerbEntry} from './verb.ts';

export const groups: Readonly<Record<string, string>> = {
	container: 'Manage containers',
	image: 'Manage images',
	network: 'Manage networks',
	system: 'Manage Hawser',
	volume: 'Manage volumes',
};

const both = (group: string, name: string, ...more: string[]): readonly string[] => [`${group} ${name}`, ...more, name];

export const verbs: readonly VerbEntry[] = [
	{paths: both('container', 'run'), common: true, summary: 'Create and run a new container from an image', load: async () => (await import('../commands/run.ts')).verb},
	{paths: both('container', 'exec'), common: true, summary: 'Execute a command in a running container', load: async () => (await import('../commands/exec.ts')).verb},
	{paths: ['container ls', 'container list', 'container ps', 'ps'], common: true, summary: 'List containers', load: async () => (await import('../commands/ps.ts')).verb},
	{paths: both('image', 'pull'), common: true, summary: 'Download an image from a registry', load: async () => (await import('../commands/pull.ts')).verb},
	{paths: both('image', 'push'), common: true, summary: 'Upload an image to a registry', load: async () => (await import('../commands/push.ts')).verb},
	{paths: ['image ls', 'image list', 'images'], common: true, summary: 'List images', load: async () => (await import('../commands/images.ts')).verb},
	{paths: ['version'], common: true, summary: 'Show the version information', load: async () => (await import('../commands/version.ts')).verb},
	{paths: both('system', 'info'), common: true, summary: 'Show what this host and store offer', load: async () => (await import('../commands/info.ts')).verb},
	{
		paths: both('container', 'attach'),
		summary: 'Attach input, output and errors of this terminal to a running container',
		load: async () => (await import('../commands/attach.ts')).verb,
	},
	{paths: both('system', 'check'), summary: 'Look whether all images are as they were brought', load: async () => (await import('../commands/check.ts')).verb},
	{paths: both('container', 'commit'), summary: "Create a new image from a container's changes", load: async () => (await import('../commands/commit.ts')).verb},
	{paths: both('container', 'cp'), summary: 'Copy files/folders between a container and the local filesystem', load: async () => (await import('../commands/cp.ts')).verb},
	{paths: both('container', 'create'), summary: 'Create a new container', load: async () => (await import('../commands/create.ts')).verb},
	{paths: both('container', 'diff'), summary: "Show what changed in a container's files", load: async () => (await import('../commands/diff.ts')).verb},
	{paths: both('container', 'export'), summary: "Write a container's file system as a tar archive", load: async () => (await import('../commands/export.ts')).verb},
	{paths: both('system', 'events'), summary: 'Show events as they happen', load: async () => (await import('../commands/events.ts')).verb},
	{paths: both('image', 'history'), summary: 'Show the history of an image', load: async () => (await import('../commands/history.ts')).verb},
	{paths: both('image', 'import'), summary: 'Make an image out of a tar of a file system', load: async () => (await import('../commands/import.ts')).verb},
	{paths: ['inspect'], summary: 'Show everything known about objects, as JSON', load: async () => (await import('../commands/inspect.ts')).inspectAny},
	{paths: ['container inspect'], summary: 'Show everything known about containers', load: async () => (await import('../commands/inspect.ts')).inspectContainers},
	{paths: ['image inspect'], summary: 'Show everything known about images', load: async () => (await import('../commands/inspect.ts')).inspectImages},
	{paths: ['network inspect'], summary: 'Show everything known about networks', load: async () => (await import('../commands/inspect.ts')).inspectNetworks},
	{paths: ['volume inspect'], summary: 'Show everything known about volumes', load: async () => (await import('../commands/inspect.ts')).inspectVolumes},
	{paths: both('container', 'kill'), summary: 'Send a signal to running containers', load: async () => (await import('../commands/kill.ts')).verb},
	{paths: both('image', 'load'), summary: 'Load images from a tar archive', load: async () => (await import('../commands/load.ts')).verb},
	{paths: both('image', 'save'), summary: 'Save images to a tar archive', load: async () => (await import('../commands/save.ts')).verb},
	{paths: both('container', 'logs'), summary: 'Show the log of a container', load: async () => (await import('../commands/logs.ts')).verb},
	{paths: both('container', 'pause'), summary: 'Pause all processes in containers', load: async () => (await import('../commands/pause.ts')).pause},
	{paths: both('container', 'unpause'), summary: 'Let paused containers go on', load: async () => (await import('../commands/pause.ts')).unpause},
	{paths: both('container', 'port'), summary: 'List the published ports of a container', load: async () => (await import('../commands/port.ts')).verb},
	{paths: both('container', 'rename'), summary: 'Rename a container', load: async () => (await import('../commands/rename.ts')).verb},
	{paths: both('container', 'restart'), summary: 'Restart containers', load: async () => (await import('../commands/restart.ts')).verb},
	{paths: ['container rm', 'container remove', 'rm'], summary: 'Remove containers', load: async () => (await import('../commands/rm.ts')).verb},
	{paths: ['image rm', 'image remove', 'rmi'], summary: 'Remove images', load: async () => (await import('../commands/rmi.ts')).verb},
	{paths: both('container', 'start'), summary: 'Start stopped containers', load: async () => (await import('../commands/start.ts')).verb},
	{paths: both('container', 'stats'), summary: 'Show what containers use, live', load: async () => (await import('../commands/stats.ts')).verb},
	{paths: both('container', 'stop'), summary: 'Stop running containers', load: async () => (await import('../commands/stop.ts')).verb},
	{paths: both('image', 'tag'), summary: 'Give an image another name', load: async () => (await import('../commands/tag.ts')).verb},
	{paths: both('container', 'top'), summary: 'Show the processes of a container', load: async () => (await import('../commands/top.ts')).verb},
	{paths: both('container', 'update'), summary: 'Change limits and restart policy of containers', load: async () => (await import('../commands/update.ts')).verb},
	{paths: both('container', 'wait'), summary: 'Wait until containers stop, then print their exit codes', load: async () => (await import('../commands/wait.ts')).verb},
	{paths: both('container', 'why'), summary: 'Tell how a container ended, and what was before', load: async () => (await import('../commands/why.ts')).verb},
	{paths: ['image files'], summary: 'Show what each layer adds, changes and hides', load: async () => (await import('../commands/files.ts')).verb},
	{paths: ['image tags'], summary: 'List the tags that a repository has at its registry', load: async () => (await import('../commands/remote.ts')).tags},
	{paths: ['image referrers'], summary: 'List what refers to an image at its registry', load: async () => (await import('../commands/remote.ts')).referrers},
	{paths: ['container prune'], summary: 'Remove all stopped containers', load: async () => (await import('../commands/prune.ts')).pruneContainersVerb},
	{paths: ['image prune'], summary: 'Remove images that nothing uses', load: async () => (await import('../commands/prune.ts')).pruneImagesVerb},
	{paths: ['network prune'], summary: 'Remove networks that nothing uses', load: async () => (await import('../commands/prune.ts')).pruneNetworksVerb},
	{paths: ['volume prune'], summary: 'Remove volumes that nothing uses', load: async () => (await import('../commands/prune.ts')).pruneVolumesVerb},
	{paths: ['system prune'], summary: 'Remove everything that nothing uses', load: async () => (await import('../commands/prune.ts')).pruneSystemVerb},
	{paths: ['network create'], summary: 'Create a network', load: async () => (await import('../commands/network.ts')).create},
	{paths: ['network connect'], summary: 'Connect a container to a network', load: async () => (await import('../commands/network.ts')).connect},
	{paths: ['network disconnect'], summary: 'Disconnect a container from a network', load: async () => (await import('../commands/network.ts')).disconnect},
	{paths: ['network ls', 'network list'], summary: 'List networks', load: async () => (await import('../commands/network.ts')).list},
	{paths: ['network rm', 'network remove'], summary: 'Remove networks', load: async () => (await import('../commands/network.ts')).remove},
	{paths: ['volume create'], summary: 'Create a volume', load: async () => (await import('../commands/volume.ts')).create},
	{paths: ['volume ls', 'volume list'], summary: 'List volumes', load: async () => (await import('../commands/volume.ts')).list},
	{paths: ['volume rm', 'volume remove'], summary: 'Remove volumes', load: async () => (await import('../commands/volume.ts')).remove},
	{paths: ['system df'], summary: 'Show how much disk the store uses', load: async () => (await import('../commands/df.ts')).verb},
	{paths: ['system reset'], summary: 'Stop and remove everything of this store', load: async () => (await import('../commands/reset.ts')).verb},
	{paths: ['login'], common: true, summary: 'Authenticate to a registry', load: async () => (await import('../commands/login.ts')).verb},
	{paths: ['logout'], common: true, summary: 'Log out from a registry', load: async () => (await import('../commands/logout.ts')).verb},
	{paths: ['search'], common: true, summary: 'Search Docker Hub or another registry for images', load: async () => (await import('../commands/search.ts')).verb},
	{paths: both('system', 'boot'), summary: 'Start what should run after the host was started', load: async () => (await import('../commands/boot.ts')).verb},
	{paths: ['man'], summary: 'Print the manual page', load: async () => (await import('../commands/completion.ts')).manVerb(verbs, Object.entries(groups))},
	{
		paths: ['completion'],
		summary: 'Print the completion script for a shell',
		load: async () => (await import('../commands/completion.ts')).completionVerb(verbs, Object.entries(groups)),
	},
	{paths: ['container join'], hidden: true, summary: 'Join an exec session that was left', load: async () => (await import('../commands/join.ts')).verb},
	{paths: ['container reap'], hidden: true, summary: 'Remove what an ended --rm container left', load: async () => (await import('../commands/reap.ts')).verb},
];

/** Finds `ps` or `container ls`; the words that name it are taken away. */
export function findVerb(words: readonly string[]): {entry: VerbEntry; path: string; rest: readonly string[]} | undefined {
	const size = words[0] !== undefined && Object.hasOwn(groups, words[0]) ? 2 : 1;
	const path = words.slice(0, size).join(' ');
	const entry = verbs.find(({paths}) => paths.includes(path));
	return entry && {entry, path, rest: words.slice(size)};
}
