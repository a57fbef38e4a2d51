//! A template as a tree of our own, made from minijinja's. This file and `tree_expr` are the only ones that know its parser,
//! whose interface is not promised to stay as it is.

use super::fault::{Fault, Kind, Res, unsupported};
use super::limits::{MOST_BRANCHES, MOST_SOURCE_BYTES, MOST_TOKENS};
use super::tree_expr::{Expr, Reader};
use minijinja::machinery::{Token, ast, parse, tokenize};
use minijinja::syntax::SyntaxConfig;
use std::sync::Arc;

pub(super) struct Stmt {
    pub line: usize,
    pub what: What,
}

pub(super) enum What {
    Raw(String),
    Emit(Expr),
    For {
        target: Target,
        over: Expr,
        filter: Option<Expr>,
        body: Vec<Stmt>,
        otherwise: Vec<Stmt>,
    },
    If {
        test: Expr,
        then: Vec<Stmt>,
        otherwise: Vec<Stmt>,
    },
    With {
        values: Vec<(Target, Expr)>,
        body: Vec<Stmt>,
    },
    Set(Target, Expr),
    /// The filters work on [`Expr::Body`].
    SetBlock {
        target: Target,
        filter: Option<Expr>,
        body: Vec<Stmt>,
    },
    FilterBlock {
        filter: Expr,
        body: Vec<Stmt>,
    },
    Macro(Arc<MacroNode>),
    Call {
        call: Expr,
        body: Arc<MacroNode>,
    },
    Continue,
    Break,
}

/// What is assigned to.
pub(super) enum Target {
    Name(Arc<str>),
    Attribute(Arc<str>, Arc<str>),
    Several(Vec<Target>),
}

pub(super) struct MacroNode {
    pub name: Arc<str>,
    pub parameters: Vec<Arc<str>>,
    /// Of the last parameters.
    pub defaults: Vec<Expr>,
    pub body: Vec<Stmt>,
}

/// Reads a template.
pub(super) fn read(source: &str, syntax: &SyntaxConfig) -> Res<Vec<Stmt>> {
    if source.len() > MOST_SOURCE_BYTES {
        return Err(Fault::new(Kind::TooLarge, format!("it is longer than {} MiB", MOST_SOURCE_BYTES >> 20)));
    }
    check_size(source, syntax)?;
    let tree = parse(source, "template", syntax.clone()).map_err(|e| syntax_fault(&e))?;
    let ast::Stmt::Template(template) = &tree else { return Ok(Vec::new()) };
    block(&template.children, true)
}

fn syntax_fault(error: &minijinja::Error) -> Box<Fault> {
    let message = error.detail().map_or_else(|| error.to_string(), str::to_string);
    Fault::new(Kind::Syntax, message).at(error.line().unwrap_or_default())
}

/// Keeps the parser from nesting without end.
fn check_size(source: &str, syntax: &SyntaxConfig) -> Res<()> {
    let (mut tokens, mut branches) = (0, 0);
    for token in tokenize(source, false, syntax.clone()) {
        let (token, span) = token.map_err(|e| syntax_fault(&e))?;
        match token {
            Token::Str(_) | Token::String(_) => {
                check_escapes(&source[span.start_offset as usize..span.end_offset as usize])
                    .map_err(|fault| fault.at(span.start_line as usize))?;
                tokens += 1;
            }
            Token::TemplateData(_) | Token::VariableStart | Token::BlockStart => tokens = 0,
            Token::Ident("elif") => branches += 1,
            _ => tokens += 1,
        }
        if tokens > MOST_TOKENS || branches > MOST_BRANCHES {
            return Err(Fault::too_deep().at(span.start_line as usize));
        }
    }
    Ok(())
}

/// Refuses what the parser unescapes otherwise than Python.
fn check_escapes(literal: &str) -> Res<()> {
    let mut rest = literal;
    while let Some(at) = rest.find('\\') {
        let Some(c) = rest[at + 1..].chars().next() else { break };
        rest = &rest[at + 1 + c.len_utf8()..];
        let surrogate = c == 'u'
            && rest
                .get(..4)
                .and_then(|hex| u16::from_str_radix(hex, 16).ok())
                .is_some_and(|unit| (0xd800..0xe000).contains(&unit));
        if surrogate || matches!(c, '/' | 'a' | 'v' | 'U' | 'N' | '\n') {
            return unsupported(format!("`\\{c}` in a text"));
        }
    }
    Ok(())
}

/// `top`: outside of loops and macros, where macros may stand.
fn block(statements: &[ast::Stmt<'_>], top: bool) -> Res<Vec<Stmt>> {
    statements.iter().map(|statement| read_statement(statement, top)).collect()
}

fn read_statement(statement: &ast::Stmt<'_>, top: bool) -> Res<Stmt> {
    let line = line_of(statement);
    let what = read_what(statement, top).map_err(|fault| fault.at(line))?;
    Ok(Stmt { line, what })
}

fn line_of(statement: &ast::Stmt<'_>) -> usize {
    use ast::Stmt as S;
    let span = match statement {
        S::Template(s) => s.span(),
        S::EmitExpr(s) => s.span(),
        S::EmitRaw(s) => s.span(),
        S::ForLoop(s) => s.span(),
        S::IfCond(s) => s.span(),
        S::WithBlock(s) => s.span(),
        S::Set(s) => s.span(),
        S::SetBlock(s) => s.span(),
        S::AutoEscape(s) => s.span(),
        S::FilterBlock(s) => s.span(),
        S::Macro(s) => s.span(),
        S::CallBlock(s) => s.span(),
        S::Continue(s) => s.span(),
        S::Break(s) => s.span(),
        S::Do(s) => s.span(),
        _ => return 0,
    };
    span.start_line as usize
}

fn read_what(statement: &ast::Stmt<'_>, top: bool) -> Res<What> {
    use ast::Stmt as S;
    Ok(match statement {
        S::EmitRaw(raw) => What::Raw(raw.raw.to_string()),
        S::EmitExpr(emit) => What::Emit(Reader::printed(&emit.expr)?),
        S::ForLoop(node) if node.recursive => return unsupported("a recursive loop"),
        S::ForLoop(node) => What::For {
            target: target(&node.target)?,
            over: Reader::read(&node.iter)?,
            filter: node.filter_expr.as_ref().map(Reader::read).transpose()?,
            body: block(&node.body, false)?,
            otherwise: block(&node.else_body, false)?,
        },
        S::IfCond(node) => What::If {
            test: Reader::read(&node.expr)?,
            then: block(&node.true_body, top)?,
            otherwise: block(&node.false_body, top)?,
        },
        S::WithBlock(node) => What::With {
            values: node
                .assignments
                .iter()
                .map(|(name, value)| Ok((target(name)?, Reader::read(value)?)))
                .collect::<Res<_>>()?,
            body: block(&node.body, false)?,
        },
        S::Set(node) => What::Set(target(&node.target)?, Reader::read(&node.expr)?),
        S::SetBlock(node) => What::SetBlock {
            target: target(&node.target)?,
            filter: node.filter.as_ref().map(Reader::read).transpose()?,
            body: block(&node.body, false)?,
        },
        S::FilterBlock(node) => {
            What::FilterBlock { filter: Reader::read(&node.filter)?, body: block(&node.body, false)? }
        }
        S::Macro(_) if !top => return unsupported("a macro inside a loop, a block or another macro"),
        S::Macro(node) => What::Macro(Arc::new(macro_node(node)?)),
        S::CallBlock(node) => {
            let arguments = Reader::arguments(&node.call.args)?;
            let call = Expr::Call(Box::new(Reader::read(&node.call.expr)?), arguments);
            What::Call { call, body: Arc::new(macro_node(&node.macro_decl)?) }
        }
        S::Continue(_) => What::Continue,
        S::Break(_) => What::Break,
        S::Do(_) => return unsupported("`{% do %}`"),
        S::AutoEscape(_) => return unsupported("`{% autoescape %}`"),
        _ => return unsupported("a template of several parts (`block`, `extends`, `include`, `import`)"),
    })
}

fn macro_node(node: &ast::Macro<'_>) -> Res<MacroNode> {
    let name = |parameter: &ast::Expr<'_>| match parameter {
        ast::Expr::Var(var) => Ok(Arc::from(var.id)),
        _ => unsupported("this parameter of a macro"),
    };
    Ok(MacroNode {
        name: node.name.into(),
        parameters: node.args.iter().map(name).collect::<Res<_>>()?,
        defaults: node.defaults.iter().map(Reader::read).collect::<Res<_>>()?,
        body: block(&node.body, false)?,
    })
}

fn target(expr: &ast::Expr<'_>) -> Res<Target> {
    Ok(match expr {
        ast::Expr::Var(var) => Target::Name(var.id.into()),
        ast::Expr::GetAttr(node) => match &node.expr {
            ast::Expr::Var(var) => Target::Attribute(var.id.into(), node.name.into()),
            _ => return unsupported("an assignment to this"),
        },
        ast::Expr::List(list) => Target::Several(list.items.iter().map(target).collect::<Res<_>>()?),
        _ => return unsupported("an assignment to this"),
    })
}
