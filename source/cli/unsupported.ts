/** Commands of Docker's that hawser does not have, each with what to do in its place. */
const reasons: Readonly<Record<string, string>> = {
	build: 'Build with another tool (buildah, buildkit), and `hawser load` the archive.',
	builder: 'There is no builder, and so no cache of one.',
	buildx: 'Build with another tool (buildah, buildkit), and `hawser load` the archive.',
	checkpoint: 'Containers cannot be frozen to the disk.',
	compose: 'One container at a time: `hawser run`.',
	config: 'There is no swarm: everything is on this host.',
	context: 'There is no daemon to choose: everything is on this host.',
	manifest: 'Lists of manifests are read, and not made.',
	node: 'There is no swarm: everything is on this host.',
	plugin: 'There are no plugins: nothing from outside runs in the engine.',
	scout: 'Images are not searched for flaws.',
	secret: 'There is no swarm: everything is on this host.',
	service: 'There is no swarm: everything is on this host.',
	stack: 'There is no swarm: everything is on this host.',
	swarm: 'There is no swarm: everything is on this host.',
	trust: 'Pin images by digest: NAME@sha256:…',
};

/** The sentence about such a command, and the hint; undefined: it is none of them. */
export function explainUnsupported([first = '', second = '']: readonly string[]): {readonly message: string; readonly hint: string} | undefined {
	const name = first === 'image' && second === 'build' ? 'build' : first;
	const hint = Object.hasOwn(reasons, name) ? reasons[name] : undefined;
	return hint === undefined ? undefined : {message: `hawser: '${first === name ? name : `${first} ${second}`}' is a command of docker that hawser does not have`, hint};
}
