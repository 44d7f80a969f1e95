noinst_LIBRARIES += src/model/libmodel.a
src_model_libmodel_a_SOURCES = \
	src/model/chunk.c src/model/chunk.h \
	src/model/job.c src/model/job.h \
	src/model/pace.c src/model/pace.h \
	src/model/result.c src/model/result.h \
	src/model/spec.c src/model/spec.h \
	src/model/state.c src/model/state.h \
	src/model/target.c src/model/target.h
