import type {ContainerStatus} from '../../../core/container/model.ts';
import type {Role} from './palette.ts';

/** One mark and one role a state: the same in lists, titles and help. */
export const stateMarks: Readonly<Record<ContainerStatus, {readonly mark: string; readonly role: Role}>> = {
	created: {mark: '○', role: 'muted'},
	running: {mark: '●', role: 'good'},
	paused: {mark: '‖', role: 'warn'},
	restarting: {mark: '↻', role: 'busy'},
	stopping: {mark: '◐', role: 'busy'},
	removing: {mark: '◌', role: 'busy'},
	exited: {mark: '○', role: 'faint'},
	dead: {mark: '✘', role: 'bad'},
};
