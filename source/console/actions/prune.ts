import type {Target} from '../store/state.ts';
import {isLive} from '../store/select.ts';
import {type Context, inform, runTask} from './context.ts';
import {audit} from './audit.ts';
import {formatBytes} from '../format.ts';

/** What `P` prunes is what is looked at; its line says what goes. */
export function prune(context: Context): void {
	const {store} = context;
	const state = store.getState();
	const kind = state.page?.tab === 'volumes' ? 'volume' : state.page?.tab === 'networks' ? 'network' : state.view === 'home' && state.focus === 'images' ? 'image' : 'container';
	const found = candidates(context, kind);
	if (found.length === 0) return inform(context, `No ${kind} is unused: nothing to prune`);
	const bytes = kind === 'image' ? state.images.filter(({id}) => found.some(target => target.id === id)).reduce((sum, {size}) => sum + size, 0) : 0;
	const shown = found
		.slice(0, 10)
		.map(({name}) => name)
		.join(', ');
	store.dispatch({
		type: 'overlay',
		overlay: {
			kind: 'confirm',
			verb: 'prune',
			question: `Prune ${found.length} unused ${kind}${found.length === 1 ? '' : 's'}?`,
			details: [
				`${shown}${found.length > 10 ? ` and ${found.length - 10} more` : ''}.`,
				...(bytes > 0 ? [`Up to ${formatBytes(bytes)}.`] : []),
				...(kind === 'volume' ? ['What is in them is lost for good.'] : []),
			],
			targets: found,
			focus: 'no',
			typed: '',
			...(kind === 'volume' || found.length > 5 ? {expect: String(found.length)} : {}),
		},
	});
}

function candidates({store, engine}: Context, kind: Target['kind']): readonly Target[] {
	const {containers, images} = store.getState();
	switch (kind) {
		case 'container':
			return containers.filter(container => !isLive(container)).map(({id, name}) => ({kind, id, name}));
		case 'image':
			return images.filter(({repository, containers: users}) => repository === '<none>' && users === 0).map(({id}) => ({kind, id, name: id.slice(7, 19)}));
		case 'volume':
			return engine
				.listVolumes()
				.filter(({Name}) => !containers.some(({mounts}) => mounts.includes(Name)))
				.map(({Name}) => ({kind, id: Name, name: Name}));
		case 'network':
			return engine
				.listNetworks()
				.filter(({Name}) => !/^(bridge|host|none)$/.test(Name) && !containers.some(({networks}) => Name in networks))
				.map(({Id, Name}) => ({kind, id: Id, name: Name}));
	}
}

/** Those that were named in the question, one by one: what came into use meanwhile is refused by the engine. */
export async function pruneNow(context: Context, targets: readonly Target[]): Promise<void> {
	const {engine} = context;
	const removers: Readonly<Record<Target['kind'], (id: string) => Promise<void>>> = {
		container: id => engine.remove(id, false),
		image: id => engine.removeImage(id),
		volume: id => engine.removeVolume(id),
		network: id => engine.removeNetwork(id),
	};
	for (const target of targets) await runTask(context, target, {verb: 'pruning', phase: `Removing ${target.name}…`}, () => removers[target.kind](target.id));
	audit(context, {verb: 'prune', kind: targets[0]?.kind ?? 'container', id: '', name: `${targets.length}`, result: 'done'});
	inform(context, `Pruned ${targets.length}`);
}
