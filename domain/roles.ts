// What a person may do in a project. Each role may do what those before it may.

export const projectRoles = ['annotator', 'reviewer', 'admin'] as const;
export type ProjectRole = (typeof projectRoles)[number];

export function isAtLeast(role: ProjectRole, wanted: ProjectRole): boolean {
  return projectRoles.indexOf(role) >= projectRoles.indexOf(wanted);
}
