import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {openEngine} from '../../../core/index.ts';
import {chainIds} from '../../../core/layer/chain.ts';
import {insertImage, setTag} from '../../../core/image/record.ts';
import {readImageConfig} from '../../../core/oci/config.ts';
import {digestOf} from '../../../core/oci/digest.ts';
import {parseReference} from '../../../core/reference/reference.ts';
import {transaction} from '../../../core/state/database.ts';
import {must, race, works, type Contender, type Result} from '../measure.ts';
import {dist, engines, type World} from '../world.ts';

const count = 500;

/** Records of images that nobody pulled: a list reads no more. */
function fillStore(root: string, state: string): void {
	const engine = openEngine({root, state});
	transaction(engine.db, () => {
		for (let at = 0; at < count; at++) {
			const diffIds = Array.from({length: 6}, (_, layer) => digestOf(`${at % 50} ${layer}`));
			const created = new Date(1.6e12 + at * 1e8).toISOString();
			const configText = JSON.stringify({created, architecture: 'amd64', os: 'linux', config: {Labels: {number: String(at)}}, rootfs: {type: 'layers', diff_ids: diffIds}});
			const id = digestOf(configText);
			const layers = chainIds(diffIds).map((chainId, layer) => ({chainId, diffId: diffIds[layer] ?? chainId, size: 1_000_000}));
			insertImage(engine.db, {id, configText, config: readImageConfig(Buffer.from(configText), 'an image'), layers, blobs: []});
			setTag(engine.db, parseReference(`registry.example/team/app${at}:v${at}`), id);
		}
	});
	engine.close();
}

/** `images` of many against Node that does nothing. */
export async function benchImageList(world: World, rounds: number): Promise<Result> {
	const folder = mkdtempSync(join(tmpdir(), 'hawser-bench-images-'));
	const [root, state] = [join(folder, 'root'), join(folder, 'state')];
	try {
		fillStore(root, state);
		return await race(
			`images of ${count}`,
			[
				{name: 'hawser', run: () => void must(join(dist, 'hawser'), '--root', root, '--state', state, 'images')},
				{name: 'floor', run: () => void must(world.node, '-e', '0')},
			],
			{rounds, goal: '≤ 1.5 of node alone'},
		);
	} finally {
		rmSync(folder, {recursive: true, force: true});
	}
}

const shell = (line: string): void => {
	const {status, stderr} = spawnSync('sh', ['-c', line], {encoding: 'utf8'});
	if (status !== 0) throw new Error(`${line}: ${stderr}`);
};

const quiet = (program: string) => (works(program, '--version') ? program : undefined);

/** `reference` names an image in a registry that all can reach; it is pulled here first, the peers have it as `peerImage`. */
export async function benchTransfers(world: World, reference: string, peerImage: string, rounds: number): Promise<Result[]> {
	const folder = mkdtempSync(join(tmpdir(), 'hawser-bench-transfer-'));
	const store = `--root ${join(folder, 'root')} --state ${join(folder, 'state')}`;
	const hawser = `${join(dist, 'hawser')} ${store}`;
	// Under another name of the host nobody knows that the registry has the layers in another repository: all bytes go over the line.
	const host = reference.slice(0, reference.indexOf('/')).replace('127.0.0.1', 'localhost');
	const target = (who: string) => `${host}/bench-${process.pid}-${who}-${round}:latest`;
	let round = 0;
	try {
		shell(`${hawser} pull -q ${reference}`);
		shell(`${hawser} save ${reference} >${folder}/image.tar && mkdir ${folder}/layout && tar xf ${folder}/image.tar -C ${folder}/layout`);
		const save: Contender[] = [
			{name: 'hawser', run: () => shell(`${hawser} save ${reference} >/dev/null`)},
			...engines(world)
				.slice(1)
				.map(({name}) => ({name, run: () => shell(`${name} save ${peerImage} ${name === 'podman' ? '-o /dev/stdout ' : ''}| cat >/dev/null`)})),
			{name: 'floor', run: () => shell(`cat ${folder}/image.tar >/dev/null`)},
		];
		const results = [await race(`save ${peerImage}`, save, {rounds, goal: '≤ 0.1 of docker'})];
		const push: Contender[] = [
			{
				name: 'hawser',
				before() {
					round++;
					shell(`${hawser} tag ${reference} ${target('ours')}`);
				},
				run: () => shell(`${hawser} push -q ${target('ours')}`),
			},
			...(quiet('skopeo')
				? [{name: 'skopeo', run: () => shell(`skopeo --insecure-policy copy -q --dest-tls-verify=false oci:${folder}/layout docker://${target('skopeo')}`)}]
				: []),
		];
		results.push(await race(`push ${peerImage} to a new repository`, push, {rounds, goal: '≤ skopeo'}));
		return results;
	} finally {
		shell(`${hawser} system reset --force`);
		rmSync(folder, {recursive: true, force: true});
	}
}
