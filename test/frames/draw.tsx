import {renderToString} from 'ink';
import {App} from '../../source/console/app.tsx';
import type {State} from '../../source/console/store/state.ts';
import {createStore} from '../../source/console/store/store.ts';
import type {Capabilities} from '../../source/terminal/capabilities.ts';
import {stripColors} from '../../source/terminal/width.ts';

export const plain: Capabilities = {colors: 0, unicode: true, background: 'dark'};

/** The screen as one string, colours and all. */
export const drawColored = (state: State, capabilities: Capabilities): string => renderToString(<App store={createStore(state)} capabilities={capabilities} />, {columns: state.size.columns});

/** The screen as text: its rows without colours. */
export const drawScreen = (state: State, capabilities: Capabilities = plain): string => stripColors(drawColored(state, capabilities));
