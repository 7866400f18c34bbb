CREATE TABLE "sft_metrics" (
	"sft_run_id" uuid NOT NULL,
	"step" integer NOT NULL,
	"max_steps" integer NOT NULL,
	"epoch" double precision NOT NULL,
	"values" jsonb NOT NULL,
	"fence" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sft_metrics_sft_run_id_step_pk" PRIMARY KEY("sft_run_id","step")
);
--> statement-breakpoint
CREATE TABLE "sft_runs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"status" text DEFAULT 'queued' NOT NULL,
	"model_id" uuid,
	"model_name" text NOT NULL,
	"config" jsonb NOT NULL,
	"data_key" text NOT NULL,
	"data_name" text NOT NULL,
	"example_count" integer NOT NULL,
	"result_model_id" uuid,
	"outcome" jsonb,
	"error" text,
	"created_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "job_runs" ADD COLUMN "sft_run_id" uuid;--> statement-breakpoint
ALTER TABLE "sft_metrics" ADD CONSTRAINT "sft_metrics_sft_run_id_sft_runs_id_fk" FOREIGN KEY ("sft_run_id") REFERENCES "public"."sft_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sft_runs" ADD CONSTRAINT "sft_runs_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sft_runs" ADD CONSTRAINT "sft_runs_result_model_id_models_id_fk" FOREIGN KEY ("result_model_id") REFERENCES "public"."models"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sft_runs" ADD CONSTRAINT "sft_runs_created_by_user_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."user"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sft_runs_created_at_index" ON "sft_runs" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "sft_runs_model_id_index" ON "sft_runs" USING btree ("model_id");--> statement-breakpoint
CREATE INDEX "sft_runs_result_model_id_index" ON "sft_runs" USING btree ("result_model_id");--> statement-breakpoint
CREATE UNIQUE INDEX "sft_runs_one_active_per_name" ON "sft_runs" USING btree ("name") WHERE "sft_runs"."status" in ('queued', 'training');--> statement-breakpoint
ALTER TABLE "job_runs" ADD CONSTRAINT "job_runs_sft_run_id_sft_runs_id_fk" FOREIGN KEY ("sft_run_id") REFERENCES "public"."sft_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "job_runs_sft_run_id_index" ON "job_runs" USING btree ("sft_run_id");