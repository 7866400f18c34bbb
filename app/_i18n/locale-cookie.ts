/** The language that this browser's person chose. */
export const localeCookie = 'rankloop.locale';
