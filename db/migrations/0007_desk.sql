CREATE TABLE "batches" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"project_id" uuid NOT NULL,
	"name" text NOT NULL,
	"format" text NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"is_paused" boolean DEFAULT false NOT NULL,
	"report" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gold_tasks" (
	"task_id" uuid PRIMARY KEY NOT NULL,
	"tiers" jsonb NOT NULL,
	"use" text NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"created_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "guideline_reads" (
	"guideline_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "guideline_reads_guideline_id_user_id_pk" PRIMARY KEY("guideline_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "guidelines" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"project_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"text" text NOT NULL,
	"created_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "guidelines_project_id_version_unique" UNIQUE("project_id","version")
);
--> statement-breakpoint
CREATE TABLE "reviews" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"task_id" uuid NOT NULL,
	"reviewer_id" uuid,
	"outcome" text NOT NULL,
	"ranking_id" uuid,
	"note" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "invitations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"project_id" uuid NOT NULL,
	"role" text NOT NULL,
	"token_hash" text NOT NULL,
	"languages" text[] DEFAULT '{}' NOT NULL,
	"qualifications" text[] DEFAULT '{}' NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"max_uses" integer DEFAULT 1 NOT NULL,
	"uses" integer DEFAULT 0 NOT NULL,
	"revoked_at" timestamp with time zone,
	"created_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "invitations_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "members" (
	"project_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"role" text DEFAULT 'annotator' NOT NULL,
	"languages" text[] DEFAULT '{}' NOT NULL,
	"qualifications" text[] DEFAULT '{}' NOT NULL,
	"onboarded_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "members_project_id_user_id_pk" PRIMARY KEY("project_id","user_id")
);
--> statement-breakpoint
ALTER TABLE "policies" DROP CONSTRAINT "policies_one_home";--> statement-breakpoint
DROP INDEX "leases_one_open_per_task";--> statement-breakpoint
DROP INDEX "leases_by_task";--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "assigned_by" uuid;--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "note" text;--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "skip_note" text;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "labelling" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "overlap" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "is_paused" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "rankings_closed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "prompts" ADD COLUMN "language" text;--> statement-breakpoint
ALTER TABLE "prompts" ADD COLUMN "qualifications" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "prompts" ADD COLUMN "priority" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "prompts" ADD COLUMN "batch_id" uuid;--> statement-breakpoint
ALTER TABLE "rankings" ADD COLUMN "kind" text DEFAULT 'annotation' NOT NULL;--> statement-breakpoint
ALTER TABLE "rankings" ADD COLUMN "overall" text;--> statement-breakpoint
ALTER TABLE "rankings" ADD COLUMN "thumbs" jsonb;--> statement-breakpoint
ALTER TABLE "rankings" ADD COLUMN "strength" integer;--> statement-breakpoint
ALTER TABLE "rankings" ADD COLUMN "ratings" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "rankings" ADD COLUMN "flags" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "rankings" ADD COLUMN "rationale" text;--> statement-breakpoint
ALTER TABLE "rankings" ADD COLUMN "edited_response_id" uuid;--> statement-breakpoint
ALTER TABLE "rankings" ADD COLUMN "guideline_id" uuid;--> statement-breakpoint
ALTER TABLE "rankings" ADD COLUMN "batch_id" uuid;--> statement-breakpoint
ALTER TABLE "rankings" ADD COLUMN "replaces_id" uuid;--> statement-breakpoint
ALTER TABLE "responses" ADD COLUMN "edited_from_id" uuid;--> statement-breakpoint
ALTER TABLE "responses" ADD COLUMN "edited_by" uuid;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "batch_id" uuid;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "priority" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "language" text;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "qualifications" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "overlap" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "covered" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "is_paused" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "is_gold" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "opened_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "position" integer DEFAULT floor(random() * 2147483647)::integer NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "agreement" double precision;--> statement-breakpoint
ALTER TABLE "batches" ADD CONSTRAINT "batches_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "batches" ADD CONSTRAINT "batches_created_by_user_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."user"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gold_tasks" ADD CONSTRAINT "gold_tasks_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gold_tasks" ADD CONSTRAINT "gold_tasks_created_by_user_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."user"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guideline_reads" ADD CONSTRAINT "guideline_reads_guideline_id_guidelines_id_fk" FOREIGN KEY ("guideline_id") REFERENCES "public"."guidelines"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guideline_reads" ADD CONSTRAINT "guideline_reads_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guidelines" ADD CONSTRAINT "guidelines_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guidelines" ADD CONSTRAINT "guidelines_created_by_user_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."user"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reviews" ADD CONSTRAINT "reviews_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reviews" ADD CONSTRAINT "reviews_reviewer_id_user_id_fk" FOREIGN KEY ("reviewer_id") REFERENCES "public"."user"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reviews" ADD CONSTRAINT "reviews_ranking_id_rankings_id_fk" FOREIGN KEY ("ranking_id") REFERENCES "public"."rankings"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_created_by_user_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."user"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "batches_project_id_created_at_index" ON "batches" USING btree ("project_id","created_at");--> statement-breakpoint
CREATE INDEX "reviews_task_id_created_at_index" ON "reviews" USING btree ("task_id","created_at");--> statement-breakpoint
CREATE INDEX "invitations_project_id_index" ON "invitations" USING btree ("project_id");--> statement-breakpoint
CREATE INDEX "members_user_id_index" ON "members" USING btree ("user_id");--> statement-breakpoint
ALTER TABLE "leases" ADD CONSTRAINT "leases_assigned_by_user_id_fk" FOREIGN KEY ("assigned_by") REFERENCES "public"."user"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prompts" ADD CONSTRAINT "prompts_batch_id_batches_id_fk" FOREIGN KEY ("batch_id") REFERENCES "public"."batches"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rankings" ADD CONSTRAINT "rankings_edited_response_id_responses_id_fk" FOREIGN KEY ("edited_response_id") REFERENCES "public"."responses"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rankings" ADD CONSTRAINT "rankings_guideline_id_guidelines_id_fk" FOREIGN KEY ("guideline_id") REFERENCES "public"."guidelines"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rankings" ADD CONSTRAINT "rankings_batch_id_batches_id_fk" FOREIGN KEY ("batch_id") REFERENCES "public"."batches"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rankings" ADD CONSTRAINT "rankings_replaces_id_rankings_id_fk" FOREIGN KEY ("replaces_id") REFERENCES "public"."rankings"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "responses" ADD CONSTRAINT "responses_edited_from_id_responses_id_fk" FOREIGN KEY ("edited_from_id") REFERENCES "public"."responses"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "responses" ADD CONSTRAINT "responses_edited_by_user_id_fk" FOREIGN KEY ("edited_by") REFERENCES "public"."user"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_batch_id_batches_id_fk" FOREIGN KEY ("batch_id") REFERENCES "public"."batches"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "leases_one_open_per_person" ON "leases" USING btree ("task_id","user_id") WHERE "leases"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "leases_open_by_end" ON "leases" USING btree ("expires_at") WHERE "leases"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "prompts_batch_id_index" ON "prompts" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "tasks_batch_id_index" ON "tasks" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "tasks_to_give" ON "tasks" USING btree ("project_id","priority" DESC NULLS LAST,"opened_at","covered","position") WHERE "tasks"."status" = 'open' and "tasks"."covered" < "tasks"."overlap" and not "tasks"."is_paused" and not "tasks"."is_gold";--> statement-breakpoint
CREATE INDEX "tasks_gold" ON "tasks" USING btree ("project_id") WHERE "tasks"."is_gold";--> statement-breakpoint
CREATE INDEX "tasks_by_agreement" ON "tasks" USING btree ("project_id","agreement") WHERE "tasks"."agreement" is not null;--> statement-breakpoint
CREATE INDEX "leases_by_task" ON "leases" USING btree ("task_id","user_id");--> statement-breakpoint
ALTER TABLE "policies" ADD CONSTRAINT "policies_one_home" CHECK (num_nonnulls("policies"."model_dir", "policies"."backend_id") <= 1);--> statement-breakpoint
-- Until now every annotator worked in every project.
INSERT INTO "members" ("project_id", "user_id") SELECT p."id", u."id" FROM "projects" p CROSS JOIN "user" u WHERE u."role" <> 'admin';--> statement-breakpoint
UPDATE "tasks" t SET "opened_at" = s."created_at" FROM "samplings" s WHERE s."id" = t."sampling_id";--> statement-breakpoint
UPDATE "tasks" t SET "covered" =
	(SELECT count(*) FROM "rankings" r WHERE r."task_id" = t."id" AND r."judge_id" IS NULL
		AND NOT EXISTS (SELECT 1 FROM "ranking_retractions" x WHERE x."ranking_id" = r."id"))
	+ (SELECT count(*) FROM "leases" l WHERE l."task_id" = t."id" AND l."closed_at" IS NULL);
