import type {Context} from '../../source/console/actions/context.ts';
import {createRouter} from '../../source/console/keys/router.ts';
import type {EnginePort} from '../../source/console/store/engine-port.ts';
import {selectedContainer} from '../../source/console/store/select.ts';
import type {Settings} from '../../source/console/store/state.ts';
import {createStore, type Store} from '../../source/console/store/store.ts';
import {createKeyParser} from '../../source/terminal/keys.ts';
import {sampleState} from '../frames/sample.ts';

/** A console without a screen: what is pressed, and which verbs reached the engine. */
export type TestConsole = {readonly calls: string[]; readonly store: Store; readonly web: string; readonly press: (...texts: readonly string[]) => void; readonly context: Context};

/** Lets what was begun by a key go its way. */
export const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

const verbs = ['start', 'stop', 'restart', 'pause', 'unpause', 'kill', 'remove', 'removeImage', 'removeVolume', 'removeNetwork'] as const;

/** `fail` may say why an act of this verb on this thing fails. */
export function createConsole(settings: Partial<Settings> = {}, fail: (call: string) => Error | undefined = () => undefined): TestConsole {
	const calls: string[] = [];
	const note =
		(verb: string) =>
		async (...words: readonly unknown[]): Promise<void> => {
			const call = [verb, ...words.filter(word => typeof word !== 'function' && typeof word !== 'object').map(word => String(word).slice(0, 64))].join(' ');
			calls.push(call);
			const error = fail(call);
			if (error) throw error;
		};
	const engine = {
		...Object.fromEntries(verbs.map(verb => [verb, note(verb)])),
		async command(words: readonly string[]) {
			calls.push(words.join(' '));
			return '';
		},
		execCommand: (id: string, command: readonly string[]) => ({file: 'exec', args: [id, ...command], env: {}}),
		selfCommand: (words: readonly string[]) => ({file: 'hawser', args: words, env: {}}),
		audit: ({verb, name, result}: {verb: string; name: string; result: string}) => audit.push(`${verb} ${name}: ${result}`),
		listVolumes: () => [],
		listNetworks: () => [],
	} as unknown as EnginePort;
	const audit: string[] = [];
	const sample = sampleState({columns: 120, rows: 40});
	const store = createStore({...sample, settings: {...sample.settings, undoSeconds: 0, ...settings}});
	const context: Context = {
		store,
		engine,
		shells: {
			async open({title}, {file, args}) {
				calls.push(`open ${title}: ${file} ${args.join(' ')}`);
			},
			write() {},
			mouse() {},
			close() {},
			closeAll() {},
		},
		quit: () => calls.push('quit'),
		suspend: () => calls.push('suspend'),
		redraw() {},
		refresh() {},
		openRow() {},
		findFar: async () => false,
		openFile() {},
		copy: text => calls.push(`copy ${text}`) > 0,
		undo: new Map(),
	};
	const route = createRouter(context);
	const parser = createKeyParser();
	return {
		calls,
		store,
		context,
		web: selectedContainer(store.getState())?.id ?? '',
		press(...texts) {
			for (const text of texts) for (const press of [...parser.feed(Buffer.from(text)), ...parser.flush()]) route(press);
		},
	};
}
