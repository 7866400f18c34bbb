CREATE TABLE "models" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"source" text NOT NULL,
	"folder" text,
	"hub_id" text,
	"hub_revision" text,
	"hub_commit" text,
	"status" text NOT NULL,
	"error" text,
	"facts" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "models_folder_unique" UNIQUE("folder")
);
--> statement-breakpoint
ALTER TABLE "job_runs" ALTER COLUMN "project_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "job_runs" ADD COLUMN "model_id" uuid;--> statement-breakpoint
ALTER TABLE "workers" ADD COLUMN "memory" jsonb;--> statement-breakpoint
ALTER TABLE "job_runs" ADD CONSTRAINT "job_runs_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "job_runs_model_id_index" ON "job_runs" USING btree ("model_id");