import {formatShortBytes} from '../format.ts';
import {cell, type Loaded, type TabSpec, targetId} from './tab.ts';

const options = ['-eo', 'pid,ppid,user,stat,nlwp,pcpu,rss,etime,args'];

export const processes: TabSpec = {
	title: 'Processes',
	kind: 'container',
	view: 'sheet',
	empty: 'It does not run',
	reload: 'second',
	columns: [
		{name: 'pid', title: 'PID', width: 7, align: 'right', keep: 100},
		{name: 'ppid', title: 'PARENT', width: 7, align: 'right', keep: 40},
		{name: 'user', title: 'USER', width: 8, keep: 60},
		{name: 'stat', title: 'STATE', width: 5, keep: 70},
		{name: 'threads', title: 'THR', width: 4, align: 'right', keep: 30},
		{name: 'cpu', title: 'CPU%', width: 5, align: 'right', keep: 90},
		{name: 'memory', title: 'MEM', width: 6, align: 'right', keep: 80},
		{name: 'time', title: 'AGE', width: 11, align: 'right', keep: 50},
		{name: 'command', title: 'COMMAND', width: 16, grow: 1, keep: 99},
	],
	async load(reading): Promise<Loaded> {
		const {Processes} = await reading.engine.top(targetId(reading), options);
		return {
			nodes: Processes.map(([pid = '', ppid = '', user = '', stat = '', threads = '', cpu = '', rss = '', time = '', command = '']) => ({
				key: pid,
				cells: {
					pid: cell(pid, 'faint', -Number(pid)),
					ppid: cell(ppid, 'faint', -Number(ppid)),
					user: cell(user, 'muted'),
					stat: cell(stat, /^[DZ]/.test(stat) ? 'bad' : stat.startsWith('R') ? 'good' : 'muted'),
					threads: cell(threads, 'faint', Number(threads)),
					cpu: cell(cpu, Number(cpu) >= 40 ? 'warn' : 'text', Number(cpu)),
					memory: cell(formatShortBytes(Number(rss) * 1024), 'text', Number(rss)),
					time: cell(time, 'faint'),
					command: cell(command, 'strong'),
				},
			})),
			note: 'pids of the host; CPU over the life of the process',
		};
	},
};
