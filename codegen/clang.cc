/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * clang.cc - BPF C text to object bytes by Clang's own libraries.
 *
 * The project's one C++ file: Clang has no C interface for code generation.
 * It is built into libgft-clang.so, which compile.c loads at a cache miss.
 *
 * The compiler sees an in-memory file system and nothing of the host, prints
 * nothing, and neither a fatal error of LLVM nor a crash inside of it ends the
 * process: both become a diagnostic.  It works in two steps, Clang to optimised
 * LLVM IR and the BPF back end to an object.  Between the two the source lines
 * that BTF will quote are settled (quotes, below).
 */
#include "gft/clang.h"

#include <clang/Basic/Diagnostic.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Basic/TargetInfo.h>
#include <clang/Basic/Version.h>
#include <clang/CodeGen/CodeGenAction.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/CompilerInvocation.h>
#include <clang/Lex/PreprocessorOptions.h>
#include <llvm/ADT/SmallString.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Operator.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/CrashRecoveryContext.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/VirtualFileSystem.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Target/TargetOptions.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <map>
#include <string>
#include <vector>

extern "C" {
void LLVMInitializeBPFTargetInfo(void);
void LLVMInitializeBPFTarget(void);
void LLVMInitializeBPFTargetMC(void);
void LLVMInitializeBPFAsmPrinter(void);
void LLVMInitializeBPFAsmParser(void);
}

namespace
{

const char MAIN_PATH[] = "/gft-main.c";
const char INC_PATH[] = "/gft-include/";
const size_t MAX_DIAGS = 200;

struct message {
	std::string file, text;
	unsigned line, col;
	int level;
};

/* One job while it runs. */
struct work {
	const struct clang_job *job;
	std::vector<message> messages;
	bool failed = false;

	void add(int level, std::string file, unsigned line, unsigned col, std::string text)
	{
		if (level == 2)
			failed = true;
		if (messages.size() < MAX_DIAGS)
			messages.push_back({ std::move(file), std::move(text), line, col, level });
	}
	void error(std::string text)
	{
		add(2, name_of(MAIN_PATH), 0, 0, std::move(text));
	}
	/* A file as the job names it. */
	std::string name_of(llvm::StringRef f) const
	{
		if (f == MAIN_PATH)
			return job->name ? job->name : "gft";
		if (f.startswith(INC_PATH))
			return f.drop_front(sizeof(INC_PATH) - 1).str();
		return f.str();
	}
};

/* What Clang has to say. */
class consumer : public clang::DiagnosticConsumer
{
	work &w;

      public:
	explicit consumer(work &w) : w(w)
	{
	}
	void HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic &info) override
	{
		llvm::SmallString<256> text;
		std::string file = w.name_of(MAIN_PATH);
		unsigned line = 0, col = 0;

		clang::DiagnosticConsumer::HandleDiagnostic(level, info);
		if (level == clang::DiagnosticsEngine::Ignored || level == clang::DiagnosticsEngine::Remark)
			return;
		info.FormatDiagnostic(text);
		if (info.hasSourceManager() && info.getLocation().isValid()) {
			clang::SourceManager &sm = info.getSourceManager();
			clang::PresumedLoc p = sm.getPresumedLoc(sm.getExpansionLoc(info.getLocation()));

			if (p.isValid()) {
				file = w.name_of(p.getFilename());
				line = p.getLine();
				col = p.getColumn();
			}
		}
		w.add(level >= clang::DiagnosticsEngine::Error	   ? 2
		      : level == clang::DiagnosticsEngine::Warning ? 1
								   : 0,
		      file, line, col, text.str().str());
	}
};

/* What the back end has to say: calls that BPF has not, a stack that is too large, ... */
struct backend_handler : llvm::DiagnosticHandler {
	work &w;

	explicit backend_handler(work &w) : w(w)
	{
	}
	bool handleDiagnostics(const llvm::DiagnosticInfo &di) override
	{
		std::string text, file = w.name_of(MAIN_PATH);
		unsigned line = 0, col = 0;

		if (di.getSeverity() != llvm::DS_Error && di.getSeverity() != llvm::DS_Warning)
			return true;
		if (auto *u = llvm::dyn_cast<llvm::DiagnosticInfoUnsupported>(&di)) {
			if (u->isLocationAvailable()) {
				file = w.name_of(u->getLocation().getRelativePath());
				line = u->getLocation().getLine();
				col = u->getLocation().getColumn();
			}
			/* its own print() would add the place and the function's whole type */
			text = u->getMessage().str() + " (in " + u->getFunction().getName().str() + ")";
		} else {
			llvm::raw_string_ostream os(text);
			llvm::DiagnosticPrinterRawOStream printer(os);

			di.print(printer);
			os.flush();
		}
		w.add(di.getSeverity() == llvm::DS_Error ? 2 : 1, file, line, col, text);
		return true;
	}
};

/* LLVM's targets and its handlers of errors are the process's: one job at a time. */
std::mutex lock;
work *current;

void init_targets()
{
	static bool done;

	if (done)
		return;
	done = true;
	LLVMInitializeBPFTargetInfo();
	LLVMInitializeBPFTarget();
	LLVMInitializeBPFTargetMC();
	LLVMInitializeBPFAsmPrinter();
	LLVMInitializeBPFAsmParser();
}

void fatal(void *, const char *reason, bool)
{
	if (current)
		current->error(std::string("LLVM gave up: ") + reason);
	if (llvm::CrashRecoveryContext *c = llvm::CrashRecoveryContext::GetCurrent())
		c->HandleExit(1); /* does not return */
}

std::string path_of(const char *p)
{
	return p[0] == '/' ? std::string(p) : std::string(INC_PATH) + p;
}

llvm::IntrusiveRefCntPtr<llvm::vfs::InMemoryFileSystem> file_system(const struct clang_job *job)
{
	llvm::IntrusiveRefCntPtr<llvm::vfs::InMemoryFileSystem> fs(new llvm::vfs::InMemoryFileSystem);
	auto add = [&](const std::string &path, const char *text, size_t len) {
		/* copies: the lexer wants a NUL behind the text, which callers need not have */
		fs->addFile(path, 0, llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(text, len), path));
	};

	fs->setCurrentWorkingDirectory(job->nheaders && job->cwd ? job->cwd : "/");
	for (size_t i = 0; i < job->nheaders; i++)
		add(job->headers[i].path, job->headers[i].text, job->headers[i].len);
	add(MAIN_PATH, job->text, job->len);
	for (size_t i = 0; i < job->nfiles; i++)
		add(path_of(job->files[i].path), job->files[i].text, job->files[i].len);
	return fs;
}

bool set_up(clang::CompilerInstance &ci, consumer &client, const struct clang_job *job)
{
	std::vector<std::string> text = {
		"-triple", "bpf", "-target-cpu", "v3", "-emit-obj", "-O2", "-x", "c", "-std=gnu11",
		"-fwrapv", /* numbers of a script wrap around, whatever their width and sign */
		/* BTF is made from debug information; all files have their text in it or none may */
		"-debug-info-kind=constructor", "-dwarf-version=4", "-gembed-source", "-fdebug-compilation-dir=/",
		"-main-file-name", MAIN_PATH, "-nostdsysteminc", "-nobuiltininc", "-I", INC_PATH,
		"-mframe-pointer=none", "-ferror-limit", "30", "-fno-caret-diagnostics",
		/* generated code may well be silly */
		"-Wall", "-Wno-unused-function", "-Wno-unused-variable", "-Wno-unused-const-variable",
		"-Wno-unused-but-set-variable", "-Wno-unused-value", "-Wno-pointer-sign",
		"-Wno-compare-distinct-pointer-types", "-Wno-address-of-packed-member", "-Wno-tautological-compare",
		"-Wno-constant-conversion", "-Wno-int-conversion",
		/* a function that nobody has is no program: libbpf would say so without its place */
		"-Werror=implicit-function-declaration"
	};
	std::vector<const char *> args;

	/* memory of programs is laid out as theirs, not as BPF's: the headers must think so */
	for (const char *d : { "-D__x86_64__=1", "-D__linux__=1", "-D__unix__=1", "-D_ASM_X86_PTRACE_H" })
		if (job->nheaders)
			text.push_back(d);
	auto search = [&](const char *option, const char *const *dirs, size_t n) {
		for (size_t i = 0; job->nheaders && i < n; i++) {
			text.push_back(option);
			text.push_back(dirs[i]);
		}
	};
	search("-iquote", job->quote, job->nquote);
	search("-I", job->dirs, job->ndirs);
	search("-internal-isystem", job->system, job->nsystem);
	for (size_t i = 0; i < job->ndefines; i++)
		text.push_back(std::string("-D") + job->defines[i]);
	text.push_back(MAIN_PATH);
	for (const std::string &a : text)
		args.push_back(a.c_str());

	ci.createDiagnostics(&client, false);
	if (!clang::CompilerInvocation::CreateFromArgs(ci.getInvocation(), args, ci.getDiagnostics()))
		return false;
	/* the engine was made before the arguments were read, and does not know their -W yet */
	clang::ProcessWarningOptions(ci.getDiagnostics(), ci.getDiagnosticOpts());
	ci.createFileManager(file_system(job));
	return true;
}

/*
 * The lines that BTF quotes, and with it the verifier's log.  The back end of
 * LLVM 14 looks for an instruction's line in the file of the function that it
 * was inlined into, whatever file it comes from, and it opens that file on the
 * disk by itself, where a script's name may be a pipe's.  So each function's file is
 * given its text here, and behind its end, as lines of their own, the lines
 * of other files that were inlined: "hello.gft:3: @calls = count();".
 */
class quotes
{
	struct file {
		std::string text;
		unsigned lines = 0;
		std::map<std::pair<std::string, unsigned>, unsigned> from_elsewhere;
	};
	const work &w;
	std::map<std::string, file> files;

	llvm::StringRef text_of(llvm::StringRef name) const
	{
		const struct clang_job *job = w.job;

		if (name == MAIN_PATH)
			return llvm::StringRef(job->text, job->len);
		for (size_t i = 0; i < job->nfiles; i++)
			if (name == job->files[i].path || name == path_of(job->files[i].path))
				return llvm::StringRef(job->files[i].text, job->files[i].len);
		return "";
	}
	llvm::StringRef line_of(llvm::StringRef name, unsigned line) const
	{
		llvm::StringRef rest = text_of(name);

		while (line-- > 1)
			rest = rest.split('\n').second;
		return rest.split('\n').first;
	}
	file &open(llvm::StringRef name)
	{
		file &f = files[name.str()];

		if (!f.lines) {
			f.text = text_of(name).str();
			if (f.text.empty() || f.text.back() != '\n')
				f.text += '\n';
			f.lines = static_cast<unsigned>(std::count(f.text.begin(), f.text.end(), '\n'));
		}
		return f;
	}
	unsigned line_in(file &f, llvm::StringRef name, unsigned line)
	{
		unsigned &n = f.from_elsewhere[{ name.str(), line }];

		if (!n) {
			f.text += w.name_of(name) + ":" + std::to_string(line) + ": " +
				  line_of(name, line).trim().str() + "\n";
			n = ++f.lines;
		}
		return n;
	}
	void function(llvm::Function &fn)
	{
		llvm::DISubprogram *sp = fn.getSubprogram();
		std::vector<llvm::Instruction *> variables;

		if (!sp)
			return;
		file &f = open(sp->getFilename());
		for (llvm::Instruction &i : llvm::instructions(fn)) {
			const llvm::DILocation *l = i.getDebugLoc();

			if (llvm::isa<llvm::DbgInfoIntrinsic>(i)) {
				variables.push_back(&i);
			} else if (l) {
				unsigned line = l->getFilename() == sp->getFilename()
							? l->getLine()
							: line_in(f, l->getFilename(), l->getLine());

				i.setDebugLoc(llvm::DILocation::get(fn.getContext(), line, l->getColumn(), sp));
			}
		}
		/* BTF has no local variables, and these would not agree with the places any more */
		for (llvm::Instruction *i : variables)
			i->eraseFromParent();
	}

      public:
	quotes(llvm::Module &m, const work &w) : w(w)
	{
		for (llvm::Function &fn : m)
			function(fn);
		for (llvm::Function &fn : m)
			if (llvm::DISubprogram *sp = fn.getSubprogram()) {
				const llvm::DIFile *f = sp->getFile();

				sp->replaceOperandWith(
					0, llvm::DIFile::get(m.getContext(), f->getFilename(), f->getDirectory(),
							     llvm::None, llvm::StringRef(open(f->getFilename()).text)));
			}
	}
};

/*
 * LLVM's BPF back end reads constant tables while it compiles.  Where it puts the
 * value in place of the load, versions up to 14 at least put it in place of the
 * load's order too, and what was stored before is lost (PreprocessLoad() of
 * lib/Target/BPF/BPFISelDAGToDAG.cpp).  It leaves volatile loads alone.  Of plain
 * text no loads are made at all.
 */
bool is_table(const llvm::Value *v)
{
	for (;;) {
		if (auto *gep = llvm::dyn_cast<llvm::GEPOperator>(v))
			v = gep->getPointerOperand();
		else if (auto *cast = llvm::dyn_cast<llvm::BitCastOperator>(v))
			v = cast->getOperand(0);
		else
			break;
	}
	auto *g = llvm::dyn_cast<llvm::GlobalVariable>(v);
	return g && g->isConstant() && g->hasInitializer() && !llvm::isa<llvm::ConstantDataArray>(g->getInitializer());
}

void keep_loads(llvm::Module &m)
{
	for (llvm::Function &fn : m)
		for (llvm::Instruction &i : llvm::instructions(fn)) {
			if (auto *load = llvm::dyn_cast<llvm::LoadInst>(&i)) {
				if (is_table(load->getPointerOperand()))
					load->setVolatile(true);
			} else if (auto *copy = llvm::dyn_cast<llvm::MemCpyInst>(&i)) {
				if (is_table(copy->getRawSource()))
					copy->setVolatile(llvm::ConstantInt::getTrue(m.getContext()));
			}
		}
}

bool emit(llvm::Module &m, work &w, llvm::SmallVectorImpl<char> &object)
{
	std::string err;
	const llvm::Target *target = llvm::TargetRegistry::lookupTarget(m.getTargetTriple(), err);
	llvm::legacy::PassManager passes;
	llvm::raw_svector_ostream os(object);

	if (!target) {
		w.error("this LLVM has no BPF back end: " + err);
		return false;
	}
	std::unique_ptr<llvm::TargetMachine> tm(target->createTargetMachine(m.getTargetTriple(), "v3", "",
									    llvm::TargetOptions(), llvm::Reloc::PIC_,
									    llvm::None, llvm::CodeGenOpt::Default));
	if (!tm || tm->addPassesToEmitFile(passes, os, nullptr, llvm::CGFT_ObjectFile)) {
		w.error("this LLVM cannot write BPF objects");
		return false;
	}
	passes.run(m);
	return !w.failed;
}

void compile(work &w, llvm::SmallVectorImpl<char> &object, std::string &ir)
{
	llvm::LLVMContext ctx;
	consumer client(w);
	clang::CompilerInstance ci;
	clang::EmitLLVMOnlyAction action(&ctx);
	std::unique_ptr<llvm::Module> m;

	if (set_up(ci, client, w.job) && ci.ExecuteAction(action) && !w.failed)
		m = action.takeModule();
	if (!m) {
		w.failed = true;
		return;
	}
	if (w.job->want_ir) {
		llvm::raw_string_ostream os(ir);

		m->print(os, nullptr);
		os.flush();
	}
	quotes(*m, w);
	keep_loads(*m);
	ctx.setDiagnosticHandler(std::make_unique<backend_handler>(w));
	if (!emit(*m, w, object))
		w.failed = true;
}

/* --- to C ----------------------------------------------------------------------------- */

char *copy(const char *p, size_t n)
{
	char *c = static_cast<char *>(std::malloc(n + 1));

	if (c) {
		std::memcpy(c, p, n);
		c[n] = 0;
	}
	return c;
}

void give(const work &w, struct clang_result *out)
{
	if (w.messages.empty())
		return;
	out->diags = static_cast<struct clang_diag *>(std::calloc(w.messages.size(), sizeof(*out->diags)));
	if (!out->diags)
		return;
	for (const message &m : w.messages) {
		struct clang_diag *d = &out->diags[out->ndiags++];

		d->file = copy(m.file.data(), m.file.size());
		d->text = copy(m.text.data(), m.text.size());
		d->line = m.line;
		d->col = m.col;
		d->level = m.level;
	}
}

} // namespace

extern "C" __attribute__((visibility("default"))) int gft_clang_compile(const struct clang_job *job,
									struct clang_result *out)
{
	std::lock_guard<std::mutex> hold(lock);
	llvm::SmallVector<char, 0> object;
	std::string ir;
	work w;

	std::memset(out, 0, sizeof(*out));
	w.job = job;
	init_targets();
	current = &w;
	llvm::install_fatal_error_handler(fatal, nullptr);
	llvm::CrashRecoveryContext::Enable();
	{
		llvm::CrashRecoveryContext crash;

		if (!crash.RunSafely([&] { compile(w, object, ir); }) && !w.failed)
			w.error("the compiler crashed");
	}
	llvm::CrashRecoveryContext::Disable();
	llvm::remove_fatal_error_handler();
	current = nullptr;

	if (!w.failed) {
		out->object = copy(object.data(), object.size());
		out->object_len = object.size();
		if (!out->object)
			w.error("out of memory");
	}
	if (!ir.empty())
		out->ir = copy(ir.data(), ir.size());
	give(w, out);
	return w.failed ? -1 : 0;
}

extern "C" __attribute__((visibility("default"))) const char *gft_clang_version(void)
{
	static const std::string version = clang::getClangFullVersion();

	return version.c_str();
}
