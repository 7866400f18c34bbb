/** Which project this browser has open. */
export const projectCookie = 'rankloop.project';
