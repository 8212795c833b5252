import {isLive} from '../store/select.ts';
import type {SheetNode} from '../store/sheet.ts';
import {cell, type Loaded, type TabSpec} from './tab.ts';

/** Key of a row: the session, and the container that it is in. */
export const sessionOf = ({key}: Pick<SheetNode, 'key'>): {readonly containerId: string; readonly session: string} | undefined => {
	const [, containerId, session] = /^session ([0-9a-f]{64}) ([0-9a-f]{64})$/.exec(key) ?? [];
	return containerId === undefined || session === undefined ? undefined : {containerId, session};
};

/** Shells and commands in all containers, whoever began them: those of a console whose line was lost are found here. */
export const sessions: TabSpec = {
	title: 'Sessions',
	kind: 'host',
	view: 'sheet',
	reload: 'second',
	empty: 'No shell or command runs in any container',
	columns: [
		{name: 'name', title: 'CONTAINER', width: 20, grow: 1, keep: 100},
		{name: 'command', title: 'COMMAND', width: 24, grow: 2, keep: 90},
		{name: 'pid', title: 'PID', width: 8, align: 'right', keep: 60},
		{name: 'session', title: 'SESSION', width: 12, keep: 50},
	],
	async load({engine, state}): Promise<Loaded> {
		const rows = await Promise.all(
			state.containers.filter(isLive).map(async ({id, name}) =>
				(await engine.listSessions(id).catch(() => [])).map(
					({id: session, pid, command}): SheetNode => ({
						key: `session ${id} ${session}`,
						cells: {name: cell(name, 'strong'), command: cell(command, 'text'), pid: cell(String(pid), 'faint', pid), session: cell(session.slice(0, 12), 'faint')},
					}),
				),
			),
		);
		return {nodes: rows.flat(), note: 'Enter joins one'};
	},
};
