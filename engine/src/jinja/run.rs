//! Walks the tree of a template, statement by statement.

use super::arguments::{Arguments, truth};
use super::attributes::{self, has_method};
use super::build::{self, equal};
use super::fault::{Res, fail, unsupported};
use super::meter::Meter;
use super::scope::{Scopes, no_variable};
use super::tree::{Stmt, Target, What};
use super::tree_expr::{Argument, Comparison, Expr};
use super::value::{Frame, Lap, Macro, Value};
use super::{filters, globals, methods, ops, order, predicates, show};
use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

/// What a statement asks of the loop around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Continue,
    Break,
}

/// One rendering.
pub(super) struct Run<'a> {
    meter: &'a Meter,
    scopes: Scopes,
    outermost: Frame,
    chat: bool,
    /// What the block around a filter has written.
    body: Option<Value>,
}

impl<'a> Run<'a> {
    pub fn new(meter: &'a Meter, outermost: Frame, chat: bool) -> Self {
        Self { meter, scopes: Scopes::new(outermost.clone()), outermost, chat, body: None }
    }

    /// Appends what the statements write.
    pub fn template(&mut self, statements: &[Stmt], out: &mut String) -> Res<()> {
        self.block(statements, out).map(|_| ())
    }

    fn block(&mut self, statements: &[Stmt], out: &mut String) -> Res<Flow> {
        for statement in statements {
            self.meter.step()?;
            let meter = self.meter;
            let flow = meter.deeper(|| self.statement(&statement.what, out));
            let flow = flow.map_err(|fault| fault.at(statement.line))?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// The statements in a scope of their own.
    fn scoped(&mut self, statements: &[Stmt], out: &mut String) -> Res<Flow> {
        self.scopes.frames.push(Frame::default());
        let flow = self.block(statements, out);
        self.scopes.frames.pop();
        flow
    }

    fn statement(&mut self, what: &What, out: &mut String) -> Res<Flow> {
        match what {
            What::Raw(text) => self.meter.push(out, text)?,
            What::Emit(expr) => {
                let value = self.eval(expr)?;
                show::print(self.meter, &value, out)?;
            }
            What::Set(target, expr) => {
                let value = self.eval(expr)?;
                self.assign(target, value)?;
            }
            What::If { test, then, otherwise } => {
                let value = self.eval(test)?;
                let chosen = if truth(self.meter, &value)? { then } else { otherwise };
                return self.block(chosen, out);
            }
            What::For { target, over, filter, body, otherwise } => {
                return self.run_loop((target, over, filter.as_ref()), body, otherwise, out);
            }
            What::With { values, body } => {
                let values = values.iter().map(|(target, expr)| Ok((target, self.eval(expr)?)));
                let values = values.collect::<Res<Vec<_>>>()?;
                self.scopes.frames.push(Frame::default());
                let set = values.into_iter().try_for_each(|(target, value)| self.assign(target, value));
                let flow = set.and_then(|()| self.block(body, out));
                self.scopes.frames.pop();
                return flow;
            }
            What::SetBlock { target, filter, body } => {
                let value = self.captured(body, filter.as_ref())?;
                self.assign(target, value)?;
            }
            What::FilterBlock { filter, body } => {
                let value = self.captured(body, Some(filter))?;
                show::print(self.meter, &value, out)?;
            }
            What::Macro(node) => {
                self.scopes.set(&node.name, Value::Macro(Rc::new(Macro { node: node.clone(), scopes: None })));
            }
            What::Call { call, body } => {
                let caller = Macro { node: body.clone(), scopes: Some(self.scopes.frames.clone()) };
                let Expr::Call(callee, arguments) = call else { return unsupported("this call") };
                let value = self.call(callee, arguments, Some(Value::Macro(Rc::new(caller))))?;
                show::print(self.meter, &value, out)?;
            }
            What::Continue => return Ok(Flow::Continue),
            What::Break => return Ok(Flow::Break),
        }
        Ok(Flow::Next)
    }

    /// What the statements write, filtered.
    fn captured(&mut self, body: &[Stmt], filter: Option<&Expr>) -> Res<Value> {
        let mut text = String::new();
        self.scoped(body, &mut text)?;
        let text = Value::text(text);
        let Some(filter) = filter else { return Ok(text) };
        let outer = self.body.replace(text);
        let filtered = self.eval(filter);
        self.body = outer;
        filtered
    }

    fn run_loop(
        &mut self,
        (target, over, filter): (&Target, &Expr, Option<&Expr>),
        body: &[Stmt],
        otherwise: &[Stmt],
        out: &mut String,
    ) -> Res<Flow> {
        let over = self.eval(over)?;
        let mut items = ops::items(self.meter, &over)?;
        if let Some(filter) = filter {
            let all = std::mem::take(&mut items);
            for item in all {
                self.meter.step()?;
                if self.in_frame(target, &item, |run| run.eval(filter).and_then(|value| truth(run.meter, &value)))? {
                    items.push(item);
                }
            }
        }
        if items.is_empty() {
            return self.scoped(otherwise, out);
        }
        let count = items.len();
        let lap = Rc::new(Lap { items, index: Cell::new(0), depth: 1, seen: RefCell::new(None) });
        for at in 0..count {
            self.meter.step()?;
            lap.index.set(at);
            let flow = self.in_frame(target, &lap.items[at], |run| {
                run.scopes.set(&"loop".into(), Value::Loop(lap.clone()));
                run.block(body, out)
            })?;
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::Next)
    }

    /// Does something in a scope in which `target` is `item`.
    fn in_frame<T>(&mut self, target: &Target, item: &Value, work: impl FnOnce(&mut Self) -> Res<T>) -> Res<T> {
        self.scopes.frames.push(Frame::default());
        let done = self.assign(target, item.clone()).and_then(|()| work(self));
        self.scopes.frames.pop();
        done
    }

    fn assign(&mut self, target: &Target, value: Value) -> Res<()> {
        match target {
            Target::Name(name) => self.scopes.set(name, value),
            Target::Attribute(name, attribute) => match self.scopes.get(name) {
                Some(Value::Namespace(namespace)) => globals::set(&namespace, attribute.clone(), value)?,
                _ => return fail(format!("`{name}` is no namespace, so its attributes cannot be set")),
            },
            Target::Several(targets) => {
                let values = ops::items(self.meter, &value)?;
                if values.len() != targets.len() {
                    return fail(format!("{} values cannot be taken apart into {}", values.len(), targets.len()));
                }
                for (target, value) in targets.iter().zip(values) {
                    self.assign(target, value)?;
                }
            }
        }
        Ok(())
    }

    fn eval(&mut self, expr: &Expr) -> Res<Value> {
        let meter = self.meter;
        meter.step()?;
        match expr {
            Expr::None => Ok(Value::None),
            Expr::Bool(value) => Ok(Value::Bool(*value)),
            Expr::Int(value) => Ok(Value::Int(*value)),
            Expr::Float(value) => Ok(Value::Float(*value)),
            Expr::Text(text) => Ok(Value::Text(text.clone())),
            Expr::Name(name) => {
                let found = self.scopes.get(name).or_else(|| globals::find(name, self.chat));
                Ok(found.unwrap_or_else(|| no_variable(name)))
            }
            Expr::Body => Ok(self.body.clone().unwrap_or_else(|| no_variable("body"))),
            _ => meter.deeper(|| self.compound(expr)),
        }
    }

    fn compound(&mut self, expr: &Expr) -> Res<Value> {
        let meter = self.meter;
        match expr {
            Expr::Attribute(of, name) => attributes::attribute(meter, &self.eval(of)?, name),
            Expr::Item(of, key) => {
                let (of, key) = (self.eval(of)?, self.eval(key)?);
                attributes::item(meter, &of, &key)
            }
            Expr::Slice(of, bounds) => self.slice(of, bounds),
            Expr::Not(of) => {
                let value = self.eval(of)?;
                Ok(Value::Bool(!truth(meter, &value)?))
            }
            Expr::Negative(of) => ops::negative(&self.eval(of)?),
            Expr::And(left, right) => {
                let left = self.eval(left)?;
                if truth(meter, &left)? { self.eval(right) } else { Ok(left) }
            }
            Expr::Or(left, right) => {
                let left = self.eval(left)?;
                if truth(meter, &left)? { Ok(left) } else { self.eval(right) }
            }
            Expr::Binary(op, left, right) => {
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                ops::binary(meter, *op, &left, &right)
            }
            Expr::Compare(first, rest) => self.compare(first, rest),
            Expr::If { test, then, otherwise } => {
                let value = self.eval(test)?;
                match (truth(meter, &value)?, otherwise) {
                    (true, _) => self.eval(then),
                    (false, Some(otherwise)) => self.eval(otherwise),
                    (false, None) => Ok(Value::no_part("an `if` without `else` whose condition is false")),
                }
            }
            Expr::Filter(name, of, arguments) => {
                let value = self.eval(of)?;
                filters::apply(meter, &value, &self.arguments(name, arguments)?)
            }
            Expr::Test(name, of, arguments) => {
                let value = self.eval(of)?;
                Ok(Value::Bool(predicates::passes(meter, &value, &self.arguments(name, arguments)?)?))
            }
            Expr::Call(callee, arguments) => self.call(callee, arguments, None),
            Expr::List(items) => {
                let items = items.iter().map(|item| self.eval(item)).collect::<Res<_>>()?;
                build::list(meter, items)
            }
            Expr::Tuple(items) => {
                let items = items.iter().map(|item| self.eval(item)).collect::<Res<_>>()?;
                build::tuple(meter, items)
            }
            Expr::Dict(entries) => {
                let entries = entries.iter().map(|(key, value)| Ok((self.eval(key)?, self.eval(value)?)));
                build::dict(meter, entries.collect::<Res<_>>()?)
            }
            _ => unsupported("this expression"),
        }
    }

    fn slice(&mut self, of: &Expr, bounds: &[Option<Box<Expr>>; 3]) -> Res<Value> {
        let of = self.eval(of)?;
        let mut values = [None, None, None];
        for (value, bound) in values.iter_mut().zip(bounds) {
            *value = bound.as_ref().map(|bound| self.eval(bound)).transpose()?;
        }
        ops::slice(self.meter, &of, [values[0].as_ref(), values[1].as_ref(), values[2].as_ref()])
    }

    fn compare(&mut self, first: &Expr, rest: &[(Comparison, Expr)]) -> Res<Value> {
        let meter = self.meter;
        let mut left = self.eval(first)?;
        for (how, right) in rest {
            let right = self.eval(right)?;
            let ordered = |fits: fn(Ordering) -> bool| -> Res<bool> {
                Ok(order::compare(meter, &left, &right)?.is_some_and(fits))
            };
            let holds = match how {
                Comparison::Equal => equal(meter, &left, &right)?,
                Comparison::Unequal => !equal(meter, &left, &right)?,
                Comparison::Less => ordered(Ordering::is_lt)?,
                Comparison::LessEqual => ordered(Ordering::is_le)?,
                Comparison::Greater => ordered(Ordering::is_gt)?,
                Comparison::GreaterEqual => ordered(Ordering::is_ge)?,
                Comparison::In => ops::contains(meter, &right, &left)?,
                Comparison::NotIn => !ops::contains(meter, &right, &left)?,
            };
            if !holds {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }

    fn arguments(&mut self, of: &Arc<str>, arguments: &[Argument]) -> Res<Arguments> {
        let mut read = Arguments { of: of.clone(), positional: Vec::new(), named: Vec::new() };
        for argument in arguments {
            match argument {
                Argument::Positional(expr) => read.positional.push(self.eval(expr)?),
                Argument::Named(name, expr) => read.named.push((name.clone(), self.eval(expr)?)),
            }
        }
        Ok(read)
    }

    fn call(&mut self, callee: &Expr, arguments: &[Argument], caller: Option<Value>) -> Res<Value> {
        let function = match callee {
            Expr::Attribute(of, name) => {
                let of = self.eval(of)?;
                if has_method(&of, name) {
                    let arguments = self.arguments(name, arguments)?;
                    return methods::call(self.meter, &of, &arguments);
                }
                attributes::attribute(self.meter, &of, name)?
            }
            _ => self.eval(callee)?,
        };
        match &function {
            Value::Macro(called) => {
                let mut arguments = self.arguments(&called.node.name, arguments)?;
                arguments.named.extend(caller.map(|caller| ("caller".into(), caller)));
                self.run_macro(called, arguments)
            }
            Value::Function(name) => {
                let arguments = self.arguments(&(*name).into(), arguments)?;
                globals::call(self.meter, &arguments)
            }
            Value::Joiner(joiner) if arguments.is_empty() => {
                Ok(if joiner.1.replace(true) { Value::Text(joiner.0.clone()) } else { Value::text("") })
            }
            Value::Undefined(_) => Err(build::undefined(&function)),
            _ => fail(format!("a {} cannot be called", function.type_name())),
        }
    }

    fn run_macro(&mut self, called: &Macro, arguments: Arguments) -> Res<Value> {
        let node = &called.node;
        let outer = called.scopes.clone().unwrap_or_else(|| vec![self.outermost.clone()]);
        let callers = std::mem::replace(&mut self.scopes.frames, outer);
        self.scopes.frames.push(Frame::default());
        let mut text = String::new();
        let done = self.bind(called, arguments).and_then(|()| self.block(&node.body, &mut text));
        self.scopes.frames = callers;
        done.map(|_| Value::text(text))
    }

    /// Sets the parameters of a macro in the innermost scope.
    fn bind(&mut self, called: &Macro, arguments: Arguments) -> Res<()> {
        let node = &called.node;
        if arguments.positional.len() > node.parameters.len() {
            return fail(format!("the macro `{}` takes at most {} arguments", node.name, node.parameters.len()));
        }
        let known = |name: &Arc<str>| node.parameters.contains(name) || name.as_ref() == "caller";
        if let Some((name, _)) = arguments.named.iter().find(|(name, _)| !known(name)) {
            return fail(format!("the macro `{}` takes no argument `{name}`", node.name));
        }
        let first_default = node.parameters.len() - node.defaults.len();
        let mut positional = arguments.positional.into_iter();
        for (at, parameter) in node.parameters.iter().enumerate() {
            let named = arguments.named.iter().find(|(name, _)| name == parameter).map(|(_, value)| value.clone());
            let value = match (positional.next(), named) {
                (Some(_), Some(_)) => return fail(format!("the macro `{}` is given `{parameter}` twice", node.name)),
                (Some(value), None) | (None, Some(value)) => value,
                (None, None) => match at.checked_sub(first_default).and_then(|at| node.defaults.get(at)) {
                    Some(default) => self.eval(default)?,
                    None => Value::no_part(format!("the parameter `{parameter}` of `{}`", node.name)),
                },
            };
            self.scopes.set(parameter, value);
        }
        if let Some((name, value)) = arguments.named.into_iter().find(|(name, _)| name.as_ref() == "caller") {
            self.scopes.set(&name, value);
        }
        Ok(())
    }
}
