// npm run witness -- [--tars FOLDER] [IMAGE…]: has others do what we do with the same images, and tells each difference. Images are named as in a registry that all can
// reach; FOLDER has tars, each of which becomes an image of one layer. Needs skopeo; umoci, docker and podman are asked where they are.
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {writeLayout} from '../helpers/registry-real.ts';
import {makeImage} from '../helpers/registry-image.ts';
import {imageOfAll} from './image.ts';
import {compare, type Tree, treeOfFolder, treeOfLayers} from './tree.ts';

const program = fileURLToPath(new URL('../../dist/hawser', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hawser-witness-'));
const store = ['--root', join(folder, 'root'), '--state', join(folder, 'state')];
const args = process.argv.slice(2);
const tars = args[0] === '--tars' ? args.splice(0, 2)[1] : undefined;
const works = (name: string, ...words: string[]): boolean => spawnSync(name, words, {stdio: 'ignore'}).status === 0;
const there = {umoci: works('umoci', '--version'), docker: works('docker', 'info'), podman: works('podman', 'info')};
const began = Math.floor(Date.now() / 1000) - 1;
/** Where we are stricter than others, or less: what is said, and why that is right. */
const reasons: ReadonlyArray<readonly [said: RegExp, why: string]> = [
	[/unknown typeflag '.x53'|unhandled tar header type 83/, 'GNU’s sparse files: Go does not know them, GNU tar and bsdtar do'],
	[/two pax headers follow each other/, 'which of them counts is said nowhere: Go takes the last, others both'],
	[/a global pax header sets \w+ for everything/, 'Docker passes over it, GNU tar does as it says, umoci refuses'],
	[/the tar ends after a header that describes the next entry/, 'a cut tar: others take it as empty'],
	[/only files have data/, 'a folder with data: Docker refuses it too'],
];
let differences = 0;

const say = (what: string, found: readonly string[]): void => {
	differences += found.length;
	console.log(`${found.length === 0 ? 'same' : 'DIFFERENT'}: ${what}`);
	for (const line of found.slice(0, 20)) console.log(`  ${line}`);
};
const must = (name: string, ...words: string[]): string => execFileSync(name, words, {encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe']}).trim();
const ours = (...words: string[]): string => must(program, ...store, ...words);
const skopeo = (...words: string[]): string => must('skopeo', '--insecure-policy', 'copy', '-q', '--src-tls-verify=false', '--dest-tls-verify=false', ...words);
const equal = (what: string, one: string, other: string): void => say(what, one === other ? [] : [`${one} and ${other}`]);

/** Of an image in the words of `docker image inspect`, which ours are too. */
const treeOf = (inspect: string): Tree => {
	const [{GraphDriver}] = JSON.parse(inspect) as [{GraphDriver: {Data: {UpperDir: string; LowerDir?: string}}}];
	return treeOfLayers([GraphDriver.Data.UpperDir, ...(GraphDriver.Data.LowerDir?.split(':') ?? [])], folder);
};

function umociTree(layout: string, name: string): Tree {
	const bundle = join(folder, 'bundle');
	rmSync(bundle, {recursive: true, force: true});
	must('umoci', 'unpack', '--image', `${layout}:${name}`, bundle);
	return treeOfFolder(join(bundle, 'rootfs'));
}

/** What each makes of the same layers; a refusal is its first line. */
function tried(make: () => Tree): Tree | string {
	try {
		return make();
	} catch (error) {
		return (
			String((error as {stderr?: unknown}).stderr ?? error)
				.trim()
				.split('\n')
				.at(-1) ?? ''
		);
	}
}

function refused(what: string, said: string): void {
	const why = reasons.find(([pattern]) => pattern.test(said))?.[1];
	if (why === undefined) say(what, [said]);
	else console.log(`explained: ${what}: ${why}`);
}

function compareTrees(what: string, mine: Tree | string, other: Tree | string): void {
	if (typeof mine === 'string' && typeof other === 'string') console.log(`refused by both: ${what}: ${mine}`);
	else if (typeof mine === 'string') refused(`${what}: we refuse`, mine);
	else if (typeof other === 'string') refused(`${what}: the other refuses`, other);
	else say(`${what}: ${Object.keys(mine).length} paths`, compare(mine, other, began));
}

function images(reference: string): void {
	const base = reference.replace(/[^a-z0-9]+/g, '-');
	const layout = join(folder, `${base}-layout`);
	ours('pull', '-q', reference);
	const inspected = ours('image', 'inspect', reference);
	const [{Id}] = JSON.parse(inspected) as [{Id: string}];
	const mine = treeOf(inspected);
	skopeo(`docker://${reference}`, `oci:${layout}:it`);
	if (there.umoci)
		compareTrees(
			`${reference} and umoci`,
			mine,
			tried(() => umociTree(layout, 'it')),
		);
	if (there.docker) {
		must('docker', 'pull', '-q', reference);
		compareTrees(
			`${reference} and docker`,
			mine,
			tried(() => treeOf(must('docker', 'image', 'inspect', reference))),
		);
	}
	pushed(reference, Id);
	exchanged(reference, Id);
}

/** The same digest after a push, and others can take it from there. */
function pushed(reference: string, id: string): void {
	const target = `${reference.split('/')[0]}/witness-${process.pid}/${reference
		.split('/')
		.slice(1)
		.join('/')
		.replace(/[:@].*/, '')}:it`;
	const digest = (name: string): string => must('skopeo', 'inspect', '--tls-verify=false', '--format', '{{.Digest}}', `docker://${name}`);
	ours('tag', reference, target);
	ours('push', '-q', target);
	equal(`${reference}: digest after a push`, digest(target), digest(reference));
	ours('rmi', target);
	if (!there.podman) return;
	must('podman', 'pull', '-q', '--tls-verify=false', target);
	equal(`${reference}: pushed, pulled by podman`, `sha256:${must('podman', 'image', 'inspect', '--format', '{{.Id}}', target)}`, id);
	must('podman', 'rmi', target);
}

/** By archives, both ways. */
function exchanged(reference: string, id: string): void {
	const archive = join(folder, 'saved.tar');
	const idAt = (source: string): string => {
		rmSync(join(folder, 'dir'), {recursive: true, force: true});
		skopeo(source, `dir:${join(folder, 'dir')}`);
		return (JSON.parse(readFileSync(join(folder, 'dir/manifest.json'), 'utf8')) as {config: {digest: string}}).config.digest;
	};
	ours('save', '-o', archive, reference);
	for (const kind of ['docker-archive', 'oci-archive']) equal(`${reference}: saved, read by skopeo as ${kind}`, idAt(`${kind}:${archive}`), id);
	if (!there.docker) return;
	must('docker', 'rmi', '-f', reference);
	must('docker', 'load', '-q', '-i', archive);
	equal(`${reference}: saved, loaded by docker`, must('docker', 'image', 'inspect', '--format', '{{.Id}}', reference), id);
	must('docker', 'save', '-o', archive, reference);
	ours('rmi', '-f', reference);
	ours('load', '-q', '-i', archive);
	equal(`docker's archive of ${reference}, loaded by us`, ours('image', 'inspect', '--format', '{{.Id}}', reference), id);
}

/** Layers that no registry has: each as an image of its own. */
function layers(what: string, tarballs: readonly Buffer[]): void {
	const layout = join(folder, 'tricky');
	const archive = join(folder, 'tricky.tar');
	for (const place of [layout, archive]) rmSync(place, {recursive: true, force: true});
	mkdirSync(layout);
	writeLayout(layout, makeImage({layers: tarballs}), 'tricky:it');
	must('tar', '-C', layout, '-cf', archive, '.');
	const mine = tried(() => {
		ours('load', '-q', '-i', archive);
		return treeOf(ours('image', 'inspect', 'tricky:it'));
	});
	if (there.umoci)
		compareTrees(
			`${what} and umoci`,
			mine,
			tried(() => umociTree(layout, 'tricky:it')),
		);
	if (there.docker)
		compareTrees(
			`${what} and docker`,
			mine,
			tried(() => {
				rmSync(archive);
				skopeo(`oci:${layout}:tricky:it`, `docker-archive:${archive}:tricky:it`);
				must('docker', 'load', '-q', '-i', archive);
				return treeOf(must('docker', 'image', 'inspect', 'tricky:it'));
			}),
		);
	for (const remove of [() => ours('rmi', '-f', 'tricky:it'), () => must('docker', 'rmi', '-f', 'tricky:it')]) tried(() => (remove(), {}));
}

try {
	console.log(
		`others here: ${
			Object.entries(there)
				.flatMap(([name, is]) => (is ? [name] : []))
				.join(', ') || 'none'
		}`,
	);
	for (const reference of args) images(reference);
	layers('an image with all kinds of files', imageOfAll);
	for (const name of tars === undefined ? [] : readdirSync(tars).filter(one => one.endsWith('.tar'))) layers(name, [readFileSync(join(tars ?? '', name))]);
	console.log(`${differences} differences`);
} finally {
	rmSync(folder, {recursive: true, force: true});
}
process.exitCode = differences === 0 ? 0 : 1;
