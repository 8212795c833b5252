import type {Page, TabId} from '../store/state.ts';
import {containerEvents, hostEvents} from './events.ts';
import {environment, mounts, network} from './facts.ts';
import {actions} from './actions.ts';
import {networks, system, volumes} from './host.ts';
import {changed, files} from './files.ts';
import {history, layers} from './image.ts';
import {imageConfig, inspect} from './inspect.ts';
import {processes} from './processes.ts';
import {sessions} from './sessions.ts';
import type {TabSpec} from './tab.ts';
import {why} from './why.ts';

/** Everything that can be looked at in full, in the order of `[` and `]`. */
export const tabs: Readonly<Record<TabId, TabSpec>> = {
	logs: {title: 'Logs', kind: 'container', view: 'log'},
	stats: {title: 'Stats', kind: 'container', view: 'stats'},
	processes,
	files,
	changes: changed,
	environment,
	mounts,
	network,
	inspect,
	history: containerEvents,
	why,
	layers,
	'image-history': history,
	'image-config': imageConfig,
	events: hostEvents,
	system,
	volumes,
	networks,
	sessions,
	actions,
};

export const tabsOf = (kind: Page['kind']): readonly TabId[] => (Object.keys(tabs) as TabId[]).filter(id => tabs[id]?.kind === kind);
