import type {Context} from './context.ts';

export const showHelp = ({store}: Context): void => store.dispatch({type: 'overlay', overlay: {kind: 'help', top: 0}});
export const showPalette = ({store}: Context): void => store.dispatch({type: 'overlay', overlay: {kind: 'palette', text: '', index: 0}});
export const closeOverlay = ({store}: Context): void => store.dispatch({type: 'overlay', overlay: undefined});
